"""Workflows as the server lists and describes them; the SDK's own way decodes every search attribute of each."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest, ListWorkflowExecutionsRequest
from temporalio.client import Client


async def listed(client: Client, query: str) -> AsyncGenerator[WorkflowExecutionInfo]:
    """All that a query finds, newest first."""
    asked = ListWorkflowExecutionsRequest(namespace=client.namespace, page_size=1000, query=query)
    while True:
        found = await client.workflow_service.list_workflow_executions(asked, retry=True)
        for each in found.executions:
            yield each
        if not found.next_page_token:
            return
        asked.next_page_token = found.next_page_token


async def described(client: Client, workflow_id: str, run_id: str) -> WorkflowExecutionInfo:
    """One run; raise `RPCError` where the server does not have it."""
    execution = WorkflowExecution(workflow_id=workflow_id, run_id=run_id)
    asked = DescribeWorkflowExecutionRequest(namespace=client.namespace, execution=execution)
    return (await client.workflow_service.describe_workflow_execution(asked, retry=True)).workflow_execution_info

"""Which metrics dashboards and alerts may ask for; tests/process/test_metrics.py looks whether they are exported."""

from domain import metrics as m

SDK = {
    *("temporal_activity_execution_latency_seconds", "temporal_activity_schedule_to_start_latency_seconds"),
    *("temporal_local_activity_execution_latency_seconds", "temporal_num_pollers", "temporal_sticky_cache_size"),
    *("temporal_worker_task_slots_available", "temporal_worker_task_slots_used", "temporal_workflow_completed_total"),
    *("temporal_workflow_endtoend_latency_seconds", "temporal_workflow_task_execution_latency_seconds"),
    *("temporal_workflow_task_replay_latency_seconds", "temporal_workflow_task_schedule_to_start_latency_seconds"),
}
"""Any worker that has ended a case exports these."""

OWN = {
    each.scraped
    for each in (
        *(m.APPROVALS_AGED, m.APPROVALS_WAITING, m.CASES_NEEDING_REPAIR, m.CASES_OPEN, m.CASES_WITH_PEOPLE),
        *(m.COUNTED_AT, m.LEDGER_LAG),
    )
}
"""What integrations/figures.py counts."""

COUNTED = {each.scraped for each in (m.APPROVALS_ENDED, m.CASES_ENDED, m.COST, m.EFFECTS, m.TOKENS, m.TURNS)}
"""What workers count of what they do, as far as it is asked for here."""

SDK_SOMETIMES = {
    "temporal_activity_execution_failed_total": "activity_execution_failed",
    "temporal_request_failure_total": "request_failure",
    "temporal_sticky_cache_total_forced_eviction_total": "sticky_cache_total_forced_eviction",
    "temporal_workflow_canceled_total": "workflow_canceled",
    "temporal_workflow_failed_total": "workflow_failed",
    "temporal_workflow_task_execution_failed_total": "workflow_task_execution_failed",
}
"""These appear with the first of their kind; the SDK's core knows them by the name beside."""

SERVER = {
    *("approximate_backlog_age_seconds", "approximate_backlog_count", "persistence_latency"),
    *("service_error_with_type", "service_latency", "service_requests"),
}
"""What the Temporal server exports."""

PROMETHEUS = {"up"}
"""What Prometheus itself says of whom it asks."""

ALL = SDK | OWN | COUNTED | set(SDK_SOMETIMES) | SERVER | PROMETHEUS

"""A model server without a model: OpenAI-compatible over real HTTP, for the demo, the tests and fault drills.

It answers from a script, or by the stated rules of `examiner_rules` and `reader_rules`, and breaks in any way named in
`reply.Fault`. In a test::

    async with scripted_model([Reply(content={"kind": "escalate"}), Reply(fault="reset")]) as server:
        model = ChatModel(ModelSettings(base_url=server.url, ...))

On the command line: `python -m integrations.scripted_model --help`.
"""

from integrations.scripted_model.reply import Reply, ScriptedCall
from integrations.scripted_model.server import Asked, ScriptedModel, scripted_model

__all__ = ["Asked", "Reply", "ScriptedCall", "ScriptedModel", "scripted_model"]

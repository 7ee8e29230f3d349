"""Messages that are objects of the cluster: Events."""

from __future__ import annotations

from promoter_view.access.reviews import Poster
from promoter_view.kubernetes.outcomes import ApiError, ClusterError
from promoter_view.notifications.delivery.answers import MessageFate, ReceiverAnswer, no_answer, read_answer
from promoter_view.notifications.messages import OutgoingMessage
from promoter_view.runtime import Runtime

_EXISTS = 409
#: They say nothing against the message: a permission or a token is not there yet.
_NOT_YET = (401, 403)
#: A 403 that never passes: the namespace is on its way out, and may be for ever.
_ENDING = "NamespaceTerminating"


async def create(cluster: Poster, message: OutgoingMessage, runtime: Runtime) -> ReceiverAnswer:
    """Creates it; one that is there already was created before."""
    try:
        await cluster.request("POST", message.path, body=message.body)
    except ApiError as error:
        if error.status == _EXISTS:
            return ReceiverAnswer(MessageFate.TAKEN, "HTTP 409: it was there already")
        if error.status in _NOT_YET and _ENDING not in error.causes:
            return no_answer(f"HTTP {error.status}")
        seconds = error.retry_after_seconds
        return read_answer(error.status, None if seconds is None else str(int(seconds)), runtime.now())
    except ClusterError as error:
        return no_answer(str(error))
    return ReceiverAnswer(MessageFate.TAKEN, "HTTP 201")

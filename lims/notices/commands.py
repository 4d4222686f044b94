"""The act of acknowledging a notice: somebody it is for has read it and says what was done."""

from __future__ import annotations

from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.notices.models import Notice
from lims.refusals import Refusal, Refused

SHORTEST_COMMENT = 5


@command("notice:acknowledge", needs=Permission.ACKNOWLEDGE_NOTICES)
def acknowledge(act: Act, *, notice: Notice, comment: str) -> Notice:
    """Acknowledge a notice with a comment; it is shown as open to nobody any more.

    Raises:
        Refused: NOT-01 a notice for others, NOT-02 acknowledged before, NOT-03 a comment that tells nothing.
    """
    assert act.actor is not None
    live = Notice.objects.of(act.actor).filter(pk=notice.pk).first()
    if live is None:
        raise Refused(Refusal("NOT-01", "This notice is for others. Leave it to them."))
    if not live.is_open:
        raise Refused(Refusal("NOT-02", "This notice was acknowledged before. There is nothing to do."))
    if len(comment.strip()) < SHORTEST_COMMENT:
        about: dict[str, object] = {"least": SHORTEST_COMMENT}
        raise Refused(
            Refusal("NOT-03", "Say what was found or done, in {least} characters at least.", "comment", about)
        )
    live.acknowledged_at, live.acknowledged_by, live.comment = act.at, act.actor, comment.strip()
    act.add(live)
    return live

"""Mailing notices: by a worker, after the act is kept. A mail that fails is tried again by the sweep.

A worker that dies between sending and noting it sends again: better twice than never.
"""

from __future__ import annotations

import logging
from smtplib import SMTPException

from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage

from lims import clock
from lims.notices.models import NoticeMail
from lims.notices.raising import SEND, in_words
from lims.site import site

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 20


@shared_task(name=SEND)
def send_notice(mail_id: int) -> None:
    """Mail one notice to the addresses of its role, unless it was mailed."""
    mail = NoticeMail.objects.select_related("notice").get(pk=mail_id)
    addresses = settings.NOTICE_EMAIL.get(mail.notice.role)
    if mail.sent_at is not None or not addresses:
        return
    here = site()
    body = f"{mail.notice.text}\n\n{in_words(mail.notice.raised_at)}. Sign in to acknowledge it."
    message = EmailMessage(subject=f"Notice: {here.name if here else ''}", body=body, to=addresses)
    mail.attempts += 1
    try:
        message.send()
    except (SMTPException, OSError) as error:
        logger.warning("The mail of %s failed and is tried again: %s", mail.notice, error)
    else:
        mail.sent_at = clock.now()
    mail.save()


@shared_task(name="lims.notices.tasks.sweep_notices")
def sweep_notices() -> None:
    """Mail what was not mailed: a lost message, or a mail server that was away."""
    waiting = NoticeMail.objects.filter(sent_at__isnull=True, attempts__lt=MAX_ATTEMPTS).order_by("pk")
    for pk in waiting.values_list("pk", flat=True):
        send_notice(pk)

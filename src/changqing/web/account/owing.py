"""What one account owes: ages, days to pay, open invoices; a fragment of its page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from changqing.reports.receivables import first_items, receivables_of
from changqing.web.reader import reader
from changqing.web.receivables import figures
from changqing.web.receivables.views import item_columns


def owing(request: HttpRequest, key: str) -> HttpResponse:
    found = receivables_of(reader(request), key)
    if found is None:
        raise Http404
    all_url = f"{reverse('receivables')}?{urlencode({'q': key})}"
    main = found.main
    listed = first_items(reader(request), found)
    days = [figures.days_figure(found), figures.paid_figure(found), figures.cost_figure(found)]
    return render(
        request,
        "receivables/card.html",
        {
            "found": found,
            "title": figures.account_title(found),
            "caption": _("截至 %(day)s") % {"day": found.day.isoformat()} if found.day else "",
            "figures": [*figures.strip(found, all_url)[:3], *days] if main else [],
            "ageing": figures.ageing(found, all_url),
            "ageing_title": figures.ageing_title(found),
            "listed": listed,
            "columns": item_columns(with_account=False),
            "all_url": f"{all_url}&bucket=",
        },
    )

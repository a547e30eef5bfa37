"""Refusals, faults, an absent database, and the two questions that machines ask."""

from __future__ import annotations

import sys

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from changqing.base.refused import Refused, Withheld

RETRY_AFTER = 5


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The sentence as a page; for htmx as a toast over the page that asked."""
    if request.headers.get("HX-Request"):
        response = render(request, "errors/toast.html", {"sentence": refusal.sentence})
        response["HX-Retarget"] = "#toasts"
        response["HX-Reswap"] = "beforeend"
        return response
    status = 400 if isinstance(refusal, Withheld) else 403
    return render(request, "errors/refused.html", {"sentence": refusal.sentence}, status=status)


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    """The page for whatever went wrong on the way; it asks neither session nor database.

    Called while the exception is being handled, whichever layer raised it.
    """
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        response = HttpResponse(render_to_string("errors/away.html", {"retry": RETRY_AFTER}), status=503)
        response["Retry-After"] = str(RETRY_AFTER)
        return response
    return HttpResponse(render_to_string("errors/broken.html"), status=500)


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing of anyone."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers and has every migration; 503 with the reason otherwise."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return JsonResponse({"ready": False, "because": "the database does not answer"}, status=503)
    if waiting:
        return JsonResponse({"ready": False, "because": f"{len(waiting)} migrations wait"}, status=503)
    return JsonResponse({"ready": True})

"""A post: added, edited with a look at what others wrote meanwhile, ended."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from changqing.accounts.queries import Part, account_by_key, check_may_edit
from changqing.base.refused import Refused
from changqing.contacts.actions import FIELDS, add_post, edit_post, end_post
from changqing.contacts.queries import Contact, contact_method, named_post, person_by_pk
from changqing.web.reader import reader

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PostForm(forms.Form):
    """What is kept of a person at work, and why; nothing else is asked for."""

    title = forms.CharField(label=gettext_lazy("职务"), max_length=120, required=False)
    department = forms.CharField(label=gettext_lazy("部门"), max_length=120, required=False)
    email = forms.CharField(label=gettext_lazy("工作邮箱"), max_length=254, required=False)
    phone = forms.CharField(label=gettext_lazy("工作电话"), max_length=40, required=False)
    since = forms.DateField(label=gettext_lazy("任职起"), required=False, widget=DAY)
    until = forms.DateField(label=gettext_lazy("任职止"), required=False, widget=DAY)
    basis = forms.ChoiceField(label=gettext_lazy("合法依据"), required=False)
    purpose = forms.ChoiceField(label=gettext_lazy("用途"), required=False)
    source = forms.ChoiceField(label=gettext_lazy("来源"), required=False)
    retain_until = forms.DateField(
        label=gettext_lazy("保留至"),
        required=False,
        widget=DAY,
        help_text=gettext_lazy("不填则按方法：离任后 3 年，在任者 5 年后复核。"),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        method = contact_method()
        for name in ("basis", "purpose", "source"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("请选择")), *method.terms(name).items()]

    def refuse(self, refused: Refused) -> None:
        self.add_error(refused.field if refused.field in self.fields else None, refused.sentence)


class NewPostForm(PostForm):
    name = forms.CharField(label=gettext_lazy("姓名"), max_length=120, required=False)
    account = forms.CharField(label=gettext_lazy("客户编码"), max_length=160)
    field_order = ("name", "account")


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new person at an account, or with ``?person=`` another post of one we know."""
    who = reader(request)
    known = request.GET.get("person", "")
    person = person_by_pk(who, int(known)) if known.isdecimal() and len(known) < 19 else None
    form = NewPostForm(request.POST or None, initial={"account": request.GET.get("account", "")})
    if person is not None:
        del form.fields["name"]
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            post = add_post(
                by=who,
                account=said["account"],
                person=person or said["name"],
                today=timezone.localdate(),
                **{name: said[name] for name in FIELDS},
            )
            return redirect("person", post.person_id)
        except Refused as refused:
            form.refuse(refused)
    found = account_by_key(who, form["account"].value() or "")
    title = _("%(name)s 的又一个任职") % {"name": person.name} if person else _("登记一位联系人")
    return render(
        request,
        "persons/post.html",
        {"form": form, "title": title, "person": person, "account": found, "post": None},
        status=400 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit a post; when somebody else did meanwhile, both versions are shown."""
    post = _found(request, pk)
    form = PostForm(request.POST or None, initial=_now(post))
    conflict: list[tuple[str, str, str]] = []
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            edit_post(
                by=reader(request),
                post=pk,
                version=said["version"] or 0,
                today=timezone.localdate(),
                **{name: said[name] for name in FIELDS},
            )
            return redirect("person", post.person_id)
        except Refused as refused:
            if refused.field == "version":
                form = PostForm(data={**request.POST.dict(), "version": post.version})
                conflict = _both(form, post)
                form.add_error(None, refused.sentence)
            else:
                form.refuse(refused)
    return render(
        request,
        "persons/post.html",
        {
            "form": form,
            "title": _("%(name)s 在 %(account)s 的任职")
            % {"name": post.person.name, "account": post.account.name},
            "post": post,
            "person": post.person,
            "account": post.account,
            "conflict": conflict,
        },
        status=409 if conflict else 400 if form.errors else 200,
    )


def _now(post: Contact) -> dict[str, Any]:
    return {name: getattr(post, name) for name in (*FIELDS, "version")}


def _both(form: PostForm, post: Contact) -> list[tuple[str, str, str]]:
    """(label, what stands now, what you wrote) where they differ."""
    form.full_clean()
    method = contact_method()
    told = []
    for name in FIELDS:
        theirs, yours = getattr(post, name), form.cleaned_data.get(name)
        if (theirs or "") != (yours or ""):
            known = method.terms(name) if name in ("basis", "purpose", "source") else {}
            told.append((str(form.fields[name].label), _said(theirs, known), _said(yours, known)))
    return told


def _said(value: Any, known: dict[str, str]) -> str:
    return known.get(value, str(value or "–"))


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """The person has left; the day is given or is today."""
    post = _found(request, pk)
    day = forms.DateField(required=False)
    version = request.POST.get("version", "")
    try:
        until = day.clean(request.POST.get("until", "")) or timezone.localdate()
    except forms.ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    end_post(
        by=reader(request),
        post=pk,
        version=int(version) if version.isdecimal() and len(version) < 10 else 0,
        until=until,
        today=timezone.localdate(),
    )
    return redirect("person", post.person_id)


def _found(request: HttpRequest, pk: int) -> Contact:
    seen = named_post(reader(request), pk)
    if seen is None:
        raise Http404
    check_may_edit(by=reader(request), accounts=[seen.account], part=Part.CONTACTS)
    return seen

"""Adding departments and users. Every deed leaves its audit line in the journey or door that asked for it."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import CharField
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.people.models import Department, Role, User
from changqing.people.permissions import Principal, check_may, operator
from changqing.people.queries import has_users


@transaction.atomic
def add_department(*, name: str, parent: Department | None = None) -> Department:
    """A department below ``parent``, with its path."""
    department = Department.objects.create(name=name.strip(), parent=parent)
    department.path = f"{parent.path if parent else '/'}{department.pk}/"
    department.save(update_fields=["path"])
    return department


@transaction.atomic
def department_called(*, name: str) -> Department:
    """The department of that name, made at the top of the tree when there is none."""
    found = Department.objects.filter(name__iexact=name.strip()).order_by("path").first()
    return found or add_department(name=name)


@transaction.atomic
def add_user(
    *,
    by: Principal,
    username: str,
    full_name: str,
    password: str,
    role: str = Role.MANAGER,
    department: Department | None = None,
) -> User:
    """A user who can sign in; Refused for a taken name, an unknown role or a weak password."""
    check_may(by, "add users")
    if role not in Role.values:
        raise Refused(
            _("没有角色“%(role)s”。可用：%(known)s") % {"role": role, "known": "、".join(Role.values)}
        )
    _check_names(username=username.strip(), full_name=full_name.strip())
    if User.objects.filter(username=username.strip().lower()).exists():
        raise Refused(_("用户名 %(name)s 已被使用。") % {"name": username}, field="username")
    check_password_is_strong(password=password, username=username, full_name=full_name)
    return User.objects.create_user(
        username, password, full_name=full_name.strip() or username, role=role, department=department
    )


def _check_names(*, username: str, full_name: str) -> None:
    if not username:
        raise Refused(_("请填写用户名。"), field="username")
    for field, text in (("username", username), ("full_name", full_name)):
        column = User._meta.get_field(field)
        longest = (column.max_length or 0) if isinstance(column, CharField) else 0
        if len(text) > longest or not text.isprintable():
            raise Refused(
                _("名字 %(text)s 不能用：最多 %(longest)s 个字，不含控制字符。")
                % {"text": repr(text[:20]), "longest": longest},
                field=field,
            )


def check_password_is_strong(*, password: str, username: str, full_name: str) -> None:
    """Refused, in the words of Django's validators, for a password that is easily guessed."""
    try:
        validate_password(password, User(username=username, full_name=full_name))
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="password") from error


@transaction.atomic
def add_first_user(*, username: str, full_name: str, password: str, language: str) -> User:
    """The operator of a book that has no user yet; Refused once it has one, also when two try at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('changqing first user', 0))")
    if has_users():
        raise Refused(_("这本账已经有用户，一次性链接不再有效。请登录，或请系统管理员为您添加用户。"))
    user = add_user(
        by=operator(because="the first user of an empty book"),
        username=username,
        full_name=full_name,
        password=password,
        role=Role.OPERATOR,
    )
    return set_language(user=user, language=language)


def set_language(*, user: User, language: str) -> User:
    """``user`` reads in ``language`` from now on; Refused for one that there is not."""
    if language not in User.Language.values:
        raise Refused(_("没有这种语言：%(language)s") % {"language": language}, field="language")
    user.language = language
    user.save(update_fields=["language"])
    return user


def set_password(*, user: User, password: str) -> User:
    """``user`` signs in with ``password`` from now on; Refused for a weak one or the one they have."""
    check_password_is_strong(password=password, username=user.username, full_name=user.full_name)
    if user.check_password(password):
        raise Refused(_("这就是现在的密码。请换一个。"), field="password")
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    return user


def set_profile(*, user: User, full_name: str, email: str, language: str) -> User:
    """Name, address and language of ``user``; Refused for a name that cannot be, or an address in use."""
    _check_names(username=user.username, full_name=full_name)
    if not full_name:
        raise Refused(_("请填写姓名。"), field="full_name")
    check_email_is_free(email=email, but=user)
    user.full_name, user.email = full_name, email
    user.version += 1
    user.save(update_fields=["full_name", "email", "version"])
    return set_language(user=user, language=language)


def check_email_is_free(*, email: str, but: User | None = None) -> None:
    """Refused for an address that another active user has: a provider vouches for one person by it."""
    others = User.objects.filter(email__iexact=email, is_active=True).exclude(pk=but.pk if but else 0)
    if email and others.exists():
        raise Refused(_("邮箱 %(email)s 已是另一位用户的。") % {"email": email}, field="email")

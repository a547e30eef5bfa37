"""Adding departments and users. Every deed leaves its audit line in the journey or door that asked for it."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import CharField, ProtectedError, RestrictedError, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from changqing.base.refused import Refused
from changqing.people.models import Charge, Department, Role, User
from changqing.people.permissions import Principal, check_may, operator
from changqing.people.queries import check_may_keep_users, has_users


@transaction.atomic
def add_department(*, name: str, parent: Department | None = None) -> Department:
    """A department below ``parent``, with its path."""
    department = Department.objects.create(name=name.strip(), parent=parent)
    department.path = f"{parent.path if parent else '/'}{department.pk}/"
    department.save(update_fields=["path"])
    return department


@transaction.atomic
def rename_department(*, by: Principal, pk: int, name: str) -> Department:
    """Call a department otherwise; Refused where its parent has one of that name."""
    check_may_keep_users(by)
    department = _locked_departments()[pk]
    check_department_name(name=name, parent=department.parent_id, but=pk)
    department.name = name.strip()
    department.save(update_fields=["name"])
    return department


@transaction.atomic
def move_department(*, by: Principal, pk: int, to: int | None) -> Department:
    """Put a department, with all below it, under another or at the top; Refused where that makes a circle."""
    check_may_keep_users(by)
    known = _locked_departments()
    department, parent = known[pk], known[to] if to else None
    if parent and parent.path.startswith(department.path):
        raise Refused(
            _("不能把“%(name)s”移到它自己或它下级的下面，没有移动。") % {"name": department.name},
            field="parent",
        )
    check_department_name(name=department.name, parent=to, but=pk)
    before, after = department.path, f"{parent.path if parent else '/'}{pk}/"
    Department.objects.filter(pk=pk).update(parent=parent)
    # one statement for the whole subtree
    Department.objects.filter(path__startswith=before).update(
        path=Concat(Value(after), Substr("path", len(before) + 1))
    )
    department.refresh_from_db()
    return department


@transaction.atomic
def delete_department(*, by: Principal, pk: int) -> str:
    """Take an empty department away, and its name; Refused while anything is in it."""
    check_may_keep_users(by)
    department = _locked_departments()[pk]
    members = department.members.count()
    if members:
        raise Refused(
            ngettext(
                "“%(name)s”还有 %(count)d 位成员，没有删除。请先把他们移到别的部门。",
                "“%(name)s”还有 %(count)d 位成员，没有删除。请先把他们移到别的部门。",
                members,
            )
            % {"name": department.name, "count": members}
        )
    try:
        department.delete()
    except (ProtectedError, RestrictedError) as used:
        raise Refused(
            _("“%(name)s”下面还有部门、客户或别的记录，没有删除。请先移走它们。") % {"name": department.name}
        ) from used
    return department.name


def _locked_departments() -> dict[int, Department]:
    """All of them, locked: a tree is judged as a whole, so two moves at once make no circle."""
    found = {row.pk: row for row in Department.objects.select_for_update().order_by("pk")}
    return _Known(found)


class _Known(dict[int, Department]):
    def __missing__(self, pk: int) -> Department:
        raise Refused(_("没有这个部门，也许已被删除。"))


def check_department_name(*, name: str, parent: int | None, but: int = 0) -> None:
    if not name.strip() or len(name.strip()) > 120 or not name.isprintable():
        raise Refused(_("请填写部门名称，最多 120 个字。"), field="name")
    beside = Department.objects.filter(parent=parent, name__iexact=name.strip()).exclude(pk=but)
    if beside.exists():
        raise Refused(_("同一个上级下面已有部门“%(name)s”。") % {"name": name.strip()}, field="name")


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
    _check_new_user(by=by, username=username, full_name=full_name, role=role)
    check_password_is_strong(password=password, username=username, full_name=full_name)
    return User.objects.create_user(
        username, password, full_name=full_name.strip() or username, role=role, department=department
    )


@transaction.atomic
def invite_user(
    *,
    by: Principal,
    username: str,
    full_name: str,
    email: str = "",
    role: str = Role.MANAGER,
    department: Department | None = None,
    language: str = User.Language.CHINESE,
) -> User:
    """A user without a password, who chooses one by a link; Refused for a taken name or an unknown role."""
    _check_new_user(by=by, username=username, full_name=full_name, role=role)
    check_email_is_free(email=email.strip())
    return User.objects.create_user(
        username,
        None,
        full_name=full_name.strip() or username.strip(),
        email=email.strip(),
        role=role,
        department=department,
        language=language,
    )


def _check_new_user(*, by: Principal, username: str, full_name: str, role: str) -> None:
    check_may_keep_users(by)
    _check_role(role=role)
    _check_names(username=username.strip(), full_name=full_name.strip())
    if User.objects.filter(username=username.strip().lower()).exists():
        raise Refused(_("用户名 %(name)s 已被使用。") % {"name": username}, field="username")


def _check_role(*, role: str) -> None:
    if role not in Role.values:
        raise Refused(
            _("没有角色“%(role)s”。可用：%(known)s") % {"role": role, "known": "、".join(Role.values)}
        )


@transaction.atomic
def change_user(
    *, by: Principal, pk: int, version: int | None, role: str, department: Department | None
) -> tuple[User, dict[str, list[str]]]:
    """Role and department of a user, and what changed; Refused when somebody changed them meanwhile."""
    check_may_keep_users(by)
    _check_role(role=role)
    user = User.objects.select_for_update(of=["self"]).select_related("department").filter(pk=pk).first()
    if user is None:
        raise Refused(_("没有这个用户。"))
    if version is not None and user.version != version:
        raise Refused(
            _("您打开以后有人改过 %(name)s：角色现在是%(role)s，部门是%(department)s。请看过再改。")
            % {
                "name": user.full_name,
                "role": user.get_role_display(),
                "department": user.department or "–",
            }
        )
    was = {"role": user.role, "department": str(user.department or "")}
    now = {"role": role, "department": str(department or "")}
    changed = {name: [was[name], now[name]] for name in now if was[name] != now[name]}
    if "role" in changed:
        _check_not_oneself(by=by, user=user)
        _check_an_administrator_stays(user=user)
    user.role, user.department = role, department
    user.version += 1
    user.save(update_fields=["role", "department", "version"])
    return user, changed


@transaction.atomic
def set_active(*, by: Principal, pk: int, is_active: bool) -> User:
    """Let a user in again, or no longer; Refused for oneself and for the last administrator."""
    check_may_keep_users(by)
    user = User.objects.select_for_update().filter(pk=pk).first()
    if user is None:
        raise Refused(_("没有这个用户。"))
    if not is_active:
        _check_not_oneself(by=by, user=user)
        _check_an_administrator_stays(user=user)
    elif user.email:
        check_email_is_free(email=user.email, but=user)
    user.is_active = is_active
    user.version += 1
    user.save(update_fields=["is_active", "version"])
    return user


def forget_password(*, user: User) -> None:
    """No password opens the door for ``user`` until they choose one by a link."""
    user.set_unusable_password()
    user.save(update_fields=["password"])


def _check_not_oneself(*, by: Principal, user: User) -> None:
    if isinstance(by, User) and by.pk == user.pk:
        raise Refused(_("不能改自己的角色，也不能停用自己。请另一位系统管理员来做。"))


def _check_an_administrator_stays(*, user: User) -> None:
    """Of several who would leave at once the last one is refused: administrators are locked in one order."""
    if user.role != Role.ADMIN or not user.is_active:
        return
    active = User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("pk")
    if len(active) < 2:
        raise Refused(
            _("%(name)s 是最后一位系统管理员。请先让另一位同事当系统管理员。") % {"name": user.full_name}
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


def make_change_password(*, user: User) -> None:
    """``user`` chooses a password of their own at the next sign-in."""
    user.must_change_password = True
    user.save(update_fields=["must_change_password"])


def put_in_charge(
    *, by: Principal, user: User, department: Department, may_edit: bool = False, ends: bool = False
) -> None:
    """``user`` answers for ``department`` and all below it too, or no longer."""
    check_may(by, "add users")
    if ends:
        Charge.objects.filter(user=user, department=department).delete()
    else:
        Charge.objects.update_or_create(user=user, department=department, defaults={"may_edit": may_edit})


def end_charges(*, user: User) -> None:
    """``user``, who leaves, answers for no department any more; programs that act for them stop."""
    Charge.objects.filter(user=user).delete()
    User.objects.filter(acts_for=user).update(is_active=False)

from django.urls import path

from registry.access import preferences
from registry.access.account import views as account
from registry.access.factors import passkey_views as passkeys
from registry.access.factors import views as factors
from registry.access.oidc.account_views import ReleaseAccount
from registry.access.passwords import code_views as codes
from registry.access.passwords import views as passwords
from registry.access.posts import views as posts
from registry.access.sessions import views as sessions
from registry.access.users import views as users

urlpatterns = [
    path("text-size/", preferences.text_size, name="text-size"),
    path("users/", users.UsersPage.as_view(), name="users"),
    path("users/add/", users.add, name="user-add"),
    path("users/<int:pk>/", users.UserPage.as_view(), name="user"),
    path("users/<int:pk>/edit/", users.EditUser.as_view(), name="user-edit"),
    path("users/<int:pk>/active/", users.active, name="user-active"),
    path("users/<int:pk>/password/", users.OneTimePassword.as_view(), name="user-password"),
    path("users/<int:pk>/code/", codes.MakeCode.as_view(), name="user-code"),
    path("users/<int:pk>/unlock/", users.unlock, name="user-unlock"),
    path("users/<int:pk>/provider-account/release/", ReleaseAccount.as_view(), name="user-account-release"),
    path("users/<int:pk>/member/", users.TieMember.as_view(), name="user-member"),
    path("users/<int:pk>/posts/add/", posts.GivePost.as_view(), name="post-add"),
    path("posts/", posts.PendingPosts.as_view(), name="posts"),
    path("posts/<int:pk>/", posts.PendingPost.as_view(), name="post"),
    path("posts/<int:pk>/agree/", posts.AgreePost.as_view(), name="post-agree"),
    path("posts/<int:pk>/refuse/", posts.RefusePost.as_view(), name="post-refuse"),
    path("posts/<int:pk>/end/", posts.EndPost.as_view(), name="post-end"),
    path("posts/<int:pk>/withdraw/", posts.WithdrawPost.as_view(), name="post-withdraw"),
    path("posts/<int:pk>/transfer/", posts.HandOn.as_view(), name="post-transfer"),
    path("roles/", posts.roles, name="roles"),
    path("account/", account.account, name="account"),
    path("account/second-factor/", factors.set_up, name="second-factor-set-up"),
    path("account/second-factor/off/", factors.SwitchOff.as_view(), name="second-factor-off"),
    path("account/passkeys/add/", passkeys.add, name="passkey-add"),
    path("account/passkeys/remove/", passkeys.RemovePasskey.as_view(), name="passkey-remove"),
    path("account/recovery-codes/", factors.recovery_codes, name="recovery-codes"),
    path("account/sessions/end/", sessions.end, name="sessions-end"),
    path("second-factor/", factors.ask, name="second-factor"),
    path("users/<int:pk>/second-factor/remove/", factors.RemoveLost.as_view(), name="user-second-factor-remove"),
    path("second-factor/<int:pk>/agree/", factors.AgreeToRemoval.as_view(), name="factor-removal-agree"),
    path("second-factor/<int:pk>/refuse/", factors.RefuseRemoval.as_view(), name="factor-removal-refuse"),
    path("password/", passwords.own, name="password"),
    path("password/confirm/", passwords.confirm, name="confirm-password"),
]

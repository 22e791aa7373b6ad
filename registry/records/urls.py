from django.urls import path

from registry.records import audit_views as audit
from registry.records import chain_views as chain
from registry.records import file_views as files
from registry.records import history_views as history
from registry.records import saved_list_views as saved_views
from registry.records import undo_views as undo

urlpatterns = [
    path("attachments/<int:pk>/", files.attachment, name="attachment"),
    path("attachments/<int:pk>/remove/", files.remove_attachment, name="attachment-remove"),
    path("attachments/kept/<str:key>/", files.kept, name="attachment-kept"),
    path("history/<slug:model>/<int:pk>/", history.versions, name="history"),
    path("views/save/<slug:page>/", saved_views.SaveView.as_view(), name="view-save"),
    path("views/<int:pk>/", saved_views.EditView.as_view(), name="view-edit"),
    path("views/<int:pk>/remove/", saved_views.RemoveView.as_view(), name="view-remove"),
    path("undo/", undo.undo, name="undo"),
    path("audit/", audit.Log.as_view(), name="audit"),
    path("audit/chain/", chain.chain, name="audit-chain"),
    path("audit/chain/verify/", chain.verify, name="audit-chain-verify"),
    path("audit/chain/head/", chain.issue, name="audit-chain-head"),
    path("audit/chain/heads/<int:pk>/", chain.head, name="issued-head"),
]

from django.urls import include, path

from registry.access import preferences
from registry.access.passwords import views as passwords
from registry.access.posts import views as posts
from registry.access.users import views as users
from registry.compliance import finding_views as findings
from registry.compliance import views as compliance
from registry.compliance.annex import views as annex
from registry.imports import paste_views as pastes
from registry.imports import roster_views as rosters
from registry.imports import views as imports
from registry.models import ResidentsCommittee, ResidentsGroup
from registry.people.areas import community_views as communities
from registry.people.areas import views as areas
from registry.people.bodies import views as bodies
from registry.people.buildings import views as buildings
from registry.people.duplicates import views as duplicates
from registry.people.employment import views as employment
from registry.people.members import file_views as member_files
from registry.people.members import record_views as records
from registry.people.members import search_views as search
from registry.people.members import views as members
from registry.people.offices import views as offices
from registry.people.offices.forms import ACTS
from registry.people.registers import views as lists
from registry.plans import views as plans
from registry.records import audit_views as audit
from registry.records import file_views as files
from registry.records import history_views as history
from registry.records import undo_views as undo
from registry.terms import views as terms
from registry.terms.by_elections import views as by_elections
from registry.terms.reelections import views as elections
from registry.work.evaluations import views as evaluations
from registry.work.meetings import representative_views as representatives
from registry.work.meetings import views as meetings
from registry.work.reports import figure_views as report_figures
from registry.work.reports import views as reports
from registry.work.reports.forms import STEPS
from registry.work.tasks import views as tasks
from registry.work.trainings import views as trainings
from registry.work.visits import views as visits

urlpatterns = [
    path("", include("registry.people.transfers.urls")),
    path("", include("registry.provisions.urls")),
    path("areas/", areas.city, name="city"),
    path("areas/subdistricts/<code:code>/", areas.SubdistrictPage.as_view(), name="subdistrict"),
    path("areas/annex/committees/", annex.table, {"kind": "committees"}, name="city-committees-annex"),
    path("areas/annex/groups/", annex.table, {"kind": "groups"}, name="city-groups-annex"),
    path("areas/subdistricts/<code:code>/committees/", annex.table, {"kind": "committees"}, name="committees-annex"),
    path("areas/subdistricts/<code:code>/groups/", annex.table, {"kind": "groups"}, name="groups-annex"),
    path("areas/communities/<code:code>/", areas.community, name="community"),
    path("areas/communities/<code:code>/roster/", rosters.export, name="export-roster"),
    path("areas/communities/<code:code>/committee/", bodies.committee, name="committee"),
    path("areas/groups/<int:pk>/", bodies.group, name="group"),
    *[path(f"rosters/{name}/<int:pk>/", offices.act, {"act": name}, name=name) for name in ACTS],
    path("rosters/group-paste/<int:pk>/", pastes.paste, {"model": ResidentsGroup}, name="group-paste"),
    path("rosters/committee-paste/<int:pk>/", pastes.paste, {"model": ResidentsCommittee}, name="committee-paste"),
    path("rosters/person/<int:pk>/", offices.person, name="roster-person"),
    path("areas/communities/<code:code>/edit/", communities.EditCommunity.as_view(), name="community-edit"),
    path(
        "areas/communities/<code:community__code>/committee/edit/",
        communities.EditCommittee.as_view(),
        name="committee-edit",
    ),
    path("areas/communities/<code:code>/buildings/", buildings.of_community, name="community-buildings"),
    path("areas/communities/<code:code>/buildings/add/", buildings.AddBuilding.as_view(), name="building-add"),
    path("areas/communities/<code:code>/buildings/cover/", buildings.cover, name="buildings-cover"),
    path("areas/buildings/<int:pk>/", buildings.EditBuilding.as_view(), name="building-edit"),
    path("members/<int:pk>/", members.member, name="member"),
    path("members/<int:pk>/edit/", records.EditMember.as_view(), name="member-edit"),
    path("members/<int:pk>/hand-over/", records.HandOver.as_view(), name="member-hand-over"),
    path("members/<int:pk>/reveal/<slug:field>/", records.reveal, name="reveal"),
    path("members/<int:pk>/employment/", employment.AddEmployment.as_view(), name="employment-add"),
    path("members/<int:pk>/files/", member_files.AddFile.as_view(), name="file-add"),
    path("files/<int:pk>/", member_files.download, name="file"),
    path("files/<int:pk>/remove/", member_files.remove, name="file-remove"),
    path("visits/", visits.Visits.as_view(), name="visits"),
    path("visits/add/", visits.AddVisit.as_view(), name="visit-add"),
    path("visits/coverage/", visits.covered, name="visit-coverage"),
    path("visits/<int:pk>/", visits.VisitPage.as_view(), name="visit"),
    path("visits/<int:pk>/edit/", visits.EditVisit.as_view(), name="visit-edit"),
    path("visits/<int:pk>/settle/", visits.SettleVisit.as_view(), name="visit-settle"),
    path("areas/groups/<int:pk>/visiting-list/", visits.visiting_list, name="visiting-list"),
    path("areas/groups/<int:pk>/assignments/", visits.Assign.as_view(), name="assignments"),
    path("attachments/<int:pk>/", files.attachment, name="attachment"),
    path("attachments/<int:pk>/remove/", files.remove_attachment, name="attachment-remove"),
    path("duplicates/", duplicates.everyone, name="duplicates"),
    path("duplicates/<int:pk>/<int:other>/", duplicates.merge, name="merge"),
    path("duplicates/<int:pk>/<int:other>/apart/", duplicates.keep_apart, name="tell-apart"),
    path("employment/<int:pk>/", employment.EditEmployment.as_view(), name="employment-edit"),
    path("employment/<int:pk>/end/", employment.EndEmployment.as_view(), name="employment-end"),
    path("employment/<int:pk>/remove/", employment.RemoveEmployment.as_view(), name="employment-remove"),
    path("history/<slug:model>/<int:pk>/", history.versions, name="history"),
    path("terms/", terms.terms, name="terms"),
    path("terms/add/", terms.AddTerm.as_view(), name="term-add"),
    path("terms/<int:pk>/", terms.term, name="term"),
    path("terms/<int:pk>/edit/", terms.EditTerm.as_view(), name="term-edit"),
    path("terms/<int:pk>/subdistricts/<code:code>/confirm/", elections.CarryOutAll.as_view(), name="elections-confirm"),
    path("terms/<int:pk>/communities/<code:code>/", elections.ElectionPage.as_view(), name="election"),
    path("terms/<int:pk>/communities/<code:code>/edit/", elections.edit, name="election-edit"),
    path("terms/<int:pk>/communities/<code:code>/confirm/", elections.CarryOut.as_view(), name="election-confirm"),
    path("terms/<int:pk>/communities/<code:code>/workbook/", elections.workbook, name="election-workbook"),
    path("terms/<int:pk>/communities/<code:code>/upload/", elections.UploadWorkbook.as_view(), name="election-upload"),
    path("plans/", plans.Plans.as_view(), name="plans"),
    path("plans/begin/", plans.BeginPlan.as_view(), name="plan-begin"),
    path("plans/<int:pk>/", plans.PlanPage.as_view(), name="plan"),
    path("plans/<int:pk>/edit/", plans.edit, name="plan-edit"),
    path("plans/<int:pk>/request/", plans.RequestLetter.as_view(), name="plan-request"),
    path("plans/<int:pk>/submit/", plans.SubmitPlan.as_view(), name="plan-submit"),
    path("plans/<int:pk>/take-back/", plans.TakeBackPlan.as_view(), name="plan-take-back"),
    path("plans/<int:pk>/decide/", plans.DecidePlan.as_view(), name="plan-decide"),
    path("plans/<int:pk>/apply/", plans.ApplyPlan.as_view(), name="plan-apply"),
    path("plans/<int:pk>/discard/", plans.DiscardPlan.as_view(), name="plan-discard"),
    path("overdue/", by_elections.overdue, name="overdue"),
    path("areas/communities/<code:code>/by-election/", by_elections.by_election, name="by-election"),
    path("trainings/", trainings.Trainings.as_view(), name="trainings"),
    path("trainings/add/", trainings.AddTraining.as_view(), name="training-add"),
    path("trainings/people/", trainings.Participants.as_view(), name="training-people"),
    path("trainings/<int:pk>/", trainings.TrainingPage.as_view(), name="training"),
    path("trainings/<int:pk>/edit/", trainings.EditTraining.as_view(), name="training-edit"),
    path("trainings/<int:pk>/remove/", trainings.RemoveTraining.as_view(), name="training-remove"),
    path("trainings/<int:pk>/invite/", trainings.invite, name="training-invite"),
    path("trainings/<int:pk>/sheet/", trainings.SignInSheet.as_view(), name="training-sheet"),
    path("trainings/<int:pk>/communities/<code:code>/", trainings.sign_in, name="training-sign-in"),
    path("evaluations/", evaluations.Rounds.as_view(), name="evaluations"),
    path("evaluations/add/", evaluations.OpenRound.as_view(), name="evaluation-add"),
    path("evaluations/results/", evaluations.Results.as_view(), name="evaluation-results"),
    path("evaluations/<int:pk>/", evaluations.round, name="evaluation-round"),
    path("evaluations/<int:pk>/edit/", evaluations.EditRound.as_view(), name="evaluation-edit"),
    path("evaluations/<int:pk>/remove/", evaluations.RemoveRound.as_view(), name="evaluation-remove"),
    path("evaluations/<int:pk>/finish/", evaluations.act, {"act": "finish"}, name="evaluation-finish"),
    path("evaluations/<int:pk>/reopen/", evaluations.act, {"act": "reopen"}, name="evaluation-reopen"),
    path("evaluations/<int:pk>/close/", evaluations.CloseRound.as_view(), name="evaluation-close"),
    path("evaluations/<int:pk>/notices/", evaluations.NoticesPage.as_view(), name="evaluation-notices"),
    path("evaluations/results/<int:pk>/", evaluations.NoticePage.as_view(), name="evaluation-notice"),
    path("imports/", imports.Imports.as_view(), name="imports"),
    path("imports/template/", imports.template, name="import-template"),
    path("imports/upload/", imports.upload, name="import-upload"),
    path("imports/<int:pk>/", imports.RunPage.as_view(), name="import-run"),
    path("imports/<int:pk>/progress/", imports.progress, name="import-progress"),
    *(
        path(f"imports/<int:pk>/{name}/", imports.act, {"act": name}, name=f"import-{name}")
        for name in ("confirm", "abandon", "restart")
    ),
    path("imports/<int:pk>/report/", imports.report, name="import-report"),
    path("imports/<int:pk>/columns/", imports.choose_columns, name="import-columns"),
    path("imports/<int:pk>/good-rows/", imports.good, name="import-good"),
    path("imports/<int:pk>/undo/", imports.undo, name="import-undo"),
    path("meetings/", meetings.Meetings.as_view(), name="meetings"),
    path("meetings/add/", meetings.start, name="meeting-start"),
    path("meetings/add/<slug:kind>/groups/<int:pk>/", meetings.AddMeeting.as_view(), name="group-meeting-add"),
    path("meetings/add/committees/<code:code>/", meetings.AddCommitteeMeeting.as_view(), name="committee-meeting-add"),
    path("meetings/<int:pk>/", meetings.MeetingPage.as_view(), name="meeting"),
    path("meetings/<int:pk>/edit/", meetings.EditMeeting.as_view(), name="meeting-edit"),
    path("meetings/<int:pk>/minutes/", meetings.MinutesPage.as_view(), name="minutes"),
    path("meetings/<int:pk>/remove/", meetings.RemoveMeeting.as_view(), name="meeting-remove"),
    path("representatives/", representatives.Representatives.as_view(), name="representatives"),
    path(
        "representatives/groups/<int:pk>/add/", representatives.AddRepresentative.as_view(), name="representative-add"
    ),
    path("representatives/<int:pk>/", representatives.EditRepresentative.as_view(), name="representative-edit"),
    path("reports/", reports.Reports.as_view(), name="reports"),
    path("reports/add/", reports.AddReport.as_view(), name="report-add"),
    path("reports/figures/", report_figures.figures, name="report-figures"),
    path("reports/<int:pk>/", reports.ReportPage.as_view(), name="report"),
    path("reports/<int:pk>/edit/", reports.EditReport.as_view(), name="report-edit"),
    *(
        path(f"reports/<int:pk>/{name}/", reports.ReportStepPage.as_view(), {"step": name}, name=f"report-{name}")
        for name in STEPS
    ),
    path("search/", search.search, name="search"),
    path("search/suggestions/", search.suggest, name="suggest"),
    path("text-size/", preferences.text_size, name="text-size"),
    path("undo/", undo.undo, name="undo"),
    path("audit/", audit.Log.as_view(), name="audit"),
    path("compliance/", compliance.area, name="compliance"),
    path("compliance/report/", compliance.report, name="compliance-report"),
    path("compliance/subdistricts/<code:code>/", compliance.area, name="compliance-subdistrict"),
    path("compliance/communities/<code:code>/", compliance.community, name="compliance-community"),
    path("findings/", findings.everything, name="findings"),
    *(path(f"registers/{name}/", page.as_view(), name=name) for name, page in lists.PAGES.items()),
    path("tasks/", tasks.Tasks.as_view(), name="tasks"),
    path("tasks/give/", tasks.GiveTask.as_view(), name="task-give"),
    path("tasks/<int:pk>/", tasks.TaskPage.as_view(), name="task"),
    path("tasks/<int:pk>/edit/", tasks.EditTask.as_view(), name="task-edit"),
    path("tasks/<int:pk>/done/", tasks.FinishTask.as_view(), name="task-done"),
    path("users/", users.UsersPage.as_view(), name="users"),
    path("users/add/", users.add, name="user-add"),
    path("users/<int:pk>/", users.UserPage.as_view(), name="user"),
    path("users/<int:pk>/edit/", users.EditUser.as_view(), name="user-edit"),
    path("users/<int:pk>/active/", users.active, name="user-active"),
    path("users/<int:pk>/password/", users.OneTimePassword.as_view(), name="user-password"),
    path("users/<int:pk>/unlock/", users.unlock, name="user-unlock"),
    path("users/<int:pk>/member/", users.TieMember.as_view(), name="user-member"),
    path("users/<int:pk>/posts/add/", posts.GivePost.as_view(), name="post-add"),
    path("posts/<int:pk>/end/", posts.EndPost.as_view(), name="post-end"),
    path("posts/<int:pk>/withdraw/", posts.WithdrawPost.as_view(), name="post-withdraw"),
    path("posts/<int:pk>/transfer/", posts.HandOn.as_view(), name="post-transfer"),
    path("roles/", posts.roles, name="roles"),
    path("password/", passwords.own, name="password"),
    path("password/confirm/", passwords.confirm, name="confirm-password"),
]

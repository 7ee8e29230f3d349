"""Tells twistd of ``twistd promoter-view``. Imports nothing of the program until it is asked for."""

from twisted.application.service import ServiceMaker

promoter_view = ServiceMaker(
    "promoter-view",
    "promoter_view.program.service",
    "Kubernetes watch streams as an event log, served as a resumable aggregated API",
    "promoter-view",
)

"""Fixtures of the CRM client's tests."""

from crm_desk import budget, crm, desk, profile  # noqa: F401

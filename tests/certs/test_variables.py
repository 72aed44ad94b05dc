"""The table of environment variables."""

from __future__ import annotations

from plexus.certs.variables import VARIABLES


def test_no_variable_is_listed_twice():
    names = [variable.name for variable in VARIABLES]

    assert len(set(names)) == len(names)


def test_every_variable_says_for_whom_it_is():
    assert all(variable.purpose for variable in VARIABLES)


def test_what_the_clients_were_seen_to_need_is_there():
    # spec/clients.md, the first table.
    holds = {variable.name: variable.holds for variable in VARIABLES}

    assert holds["HTTPS_PROXY"] == holds["https_proxy"] == "proxy"
    assert (holds["SSL_CERT_FILE"], holds["NODE_EXTRA_CA_CERTS"]) == ("bundle", "added")
    assert holds["NODE_USE_ENV_PROXY"] == "1"


def test_programs_that_call_no_provider_keep_their_own_roots():
    names = {variable.name for variable in VARIABLES}

    assert names.isdisjoint({"GIT_SSL_CAINFO", "PIP_CERT", "CARGO_HTTP_CAINFO"})

"""The script that switches checks off: what it finds, and that it would miss nothing."""

from certs.tests.switch_off import MODULES, SHOWN_BY_NO_VECTOR, all_checks, noticed_by


def test_all_checks__of_every_module__found_under_names_of_their_own() -> None:
    """Each module refuses somewhere, and no two checks share a name."""
    checks = all_checks()
    names = [check.name for check in checks]
    assert len(set(names)) == len(names)
    assert {check.module for check in checks} >= set(MODULES) - {"certs.log.tree", "certs.pdf.cms"}


def test_excuses__each__of_a_check_that_is_there_with_a_reason() -> None:
    """An excuse for a check that was renamed would excuse nothing."""
    assert SHOWN_BY_NO_VECTOR.keys() <= {check.name for check in all_checks()}
    assert all(len(why) > 10 for why in SHOWN_BY_NO_VECTOR.values())


def test_noticed_by__one_check__its_vector() -> None:
    """Without the check that the log has a document, its vector is no longer refused."""
    names = [check.name for check in all_checks()]
    number = names.index("certs.logged:check_logged:bundle.proof is None")
    assert noticed_by(number) == "refuse_log_proof_missing"
    excused = names.index("certs.canonical:decode:len(data) > MAX_BYTES")
    assert noticed_by(excused) == ""

"""Every byte is counted once, and told apart by who else needs it."""

from __future__ import annotations

from pipl.asset import usage
from pipl.asset.marks import releases
from pipl.asset.usage import ProductUsage, StoreUsage

from .conftest import Studio


def measured(studio: Studio) -> StoreUsage:
    found = releases.of_project(studio.client, studio.record).releases
    return usage.measure(studio.objects, found)


def product(used: StoreUsage, name: str) -> ProductUsage:
    (found,) = (one for one in used.products if one.product == name)
    return found


def test_versions_of_one_product_share_without_sharing(studio: Studio) -> None:
    first = studio.add(studio.files(a_txt="a" * 10, b_txt="b" * 10))
    second = studio.add(studio.files(a_txt="a" * 10, c_txt="c" * 10))
    studio.publish("hero-geo", "1.0.0", first)
    studio.publish("hero-geo", "1.1.0", second)
    used = measured(studio)
    hero = product(used, "hero-geo")
    manifests = sum(studio.path(one.revision).stat().st_size for one in (first, second))
    assert (hero.versions, hero.referenced) == (2, 30 + manifests)
    assert (hero.unique, hero.shared) == (hero.referenced, 0)
    assert (used.total, used.unreferenced) == (hero.referenced, 0)


def test_what_two_products_need_is_unique_to_none(studio: Studio) -> None:
    both = studio.add(studio.files(a_txt="a" * 10) / "a.txt")
    again = studio.add(studio.files(n_txt="a" * 10) / "n.txt", "again")
    mine = studio.add(studio.files(m_txt="m" * 7) / "m.txt", "mine")
    studio.publish("hero-geo", "1.0.0", both)
    studio.publish("lamp-geo", "1.0.0", both, again, mine)
    used = measured(studio)
    assert (product(used, "hero-geo").unique, product(used, "hero-geo").shared) == (0, 10)
    assert (product(used, "lamp-geo").unique, product(used, "lamp-geo").shared) == (7, 10)


def test_what_no_release_references_and_what_is_missing_is_said(studio: Studio) -> None:
    lost = studio.add(studio.files(a_txt="a" * 10) / "a.txt")
    studio.add(studio.files(b_txt="b" * 20) / "b.txt")
    studio.publish("hero-geo", "1.0.0", lost)
    studio.path(lost.revision).unlink()
    used = measured(studio)
    assert product(used, "hero-geo").missing == 1
    assert (used.total, used.unreferenced) == (20, 20)


def test_the_quarantine_is_counted_apart(studio: Studio) -> None:
    studio.add(studio.files(b_txt="b" * 20) / "b.txt")
    studio.gc()
    used = measured(studio)
    assert (used.total, used.quarantine) == (0, 20)

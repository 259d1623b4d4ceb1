from dataclasses import replace

from geo.maps import payload, served


def version(shipped, number, *, without=(), named=""):
    """Return the map data of a later state of the records, in which some are hidden."""
    offices = shipped.organisations.copy()
    hidden = offices.index.isin(without)
    offices.loc[hidden, ["municipality_code", "address"]] = ""
    offices.loc[hidden, ["lat", "lon"]] = float("nan")
    offices.loc[hidden, "location_public"] = False
    if named:
        offices.iloc[0, offices.columns.get_loc("name")] = named
    return payload.build(replace(shipped, organisations=offices, number=number))


def test_what_was_drawn_before_a_record_was_hidden_is_offered_no_more(shipped):
    before = version(shipped, 1)
    one = before.organisations[7]
    named = version(shipped, 2, named="改名した団体")
    served.offer(before)
    served.offer(named)
    assert served.files.keys() == {before.version, named.version}  # nothing hidden: both serve
    after = version(shipped, 3, without=[one])
    served.offer(after)
    assert served.files.keys() == {after.version}
    assert one.encode() not in served.files[after.version]["organisations.json"].body


def test_a_page_that_began_before_does_not_bring_the_hidden_record_back(shipped):
    before = version(shipped, 1)
    after = version(shipped, 2, without=before.organisations[:1])
    served.offer(after)
    served.offer(before)
    assert served.files.keys() == {after.version}


def test_a_page_that_began_before_a_change_that_hides_nothing_still_draws(shipped):
    before, after = version(shipped, 1), version(shipped, 2, named="改名した団体")
    served.offer(after)
    served.offer(before)
    assert served.files.keys() == {before.version, after.version}


def test_no_file_that_may_be_kept_for_ever_holds_a_record(shipped):
    made = payload.build(shipped)
    assert made.files.keys() > served.WITHOUT_RECORDS
    for name in served.WITHOUT_RECORDS:
        text = made.files[name].decode()
        assert not [key for key in made.organisations if f'"{key}"' in text]
        assert not [one for one in shipped.organisations["name"] if f'"{one}"' in text]


def test_a_sandboxs_map_that_draws_what_was_hidden_is_offered_no_more(shipped, monkeypatch):
    monkeypatch.setattr(served, "trials", {})
    monkeypatch.setattr(served, "_drawn_in_trials", {})
    drawing = replace(version(shipped, 1), version="one-trial", trial=True)
    one = drawing.organisations[7]
    other = replace(version(shipped, 2, without=[one]), version="other-trial", trial=True)
    served.offer(drawing)
    served.offer(other)
    served.withdraw({one})
    assert served.trials.keys() == {"other-trial"}

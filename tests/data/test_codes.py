from geo.data.codes import check_digit, is_code


def test_check_digit_of_noboribetsu_is_one_worked_by_hand():
    # 0*6 + 1*5 + 2*4 + 3*3 + 0*2 = 22; 22 mod 11 = 0; 11 - 0 = 11, its last digit 1
    assert check_digit("01230") == "1"


def test_lost_zero_wrong_digit_and_other_scripts_are_no_codes():
    assert is_code("012301")
    for wrong in ("12301", "012302", "01230１", "", "abcdef", "0123011"):
        assert not is_code(wrong)


def test_every_shipped_code_is_a_code(shipped):
    assert all(is_code(code) for code in shipped.municipalities.index)

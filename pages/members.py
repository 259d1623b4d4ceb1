"""会員と権限: who may edit what; for administrators."""

import pandas as pd
import streamlit as st

from geo.errors import GeoError
from geo.people import members
from geo.people.permissions import AREA_SEPARATOR, ROLES, how_to_write
from geo.ui import frame, session

NEW = "新しい会員"

data = frame.dataset()
engine, who = session.store(), session.person()
frame.heading("会員と権限")
if session.sandbox() is not None:
    st.info("試し書きには会員はありません。共有の台帳に戻ってください。")
elif who.role != "administrator":
    st.info(f"この画面は管理者だけが使えます。{how_to_write(who)}。", icon=":material/lock:")
else:
    names = data.municipalities["name"]
    table = members.list_members(engine, who)
    frame.finding(
        f"<b>{int(table['active'].sum()):,}</b>人が登録されています"
        f"(サインイン済み {int((table['bound'] & table['active']).sum()):,}人)。"
    )
    shown = pd.DataFrame(
        {
            "番号": table.index,
            "メールアドレス": table["email"].to_numpy(),
            "所属": table["affiliation"].to_numpy(),
            "役割": table["role"].map(ROLES).to_numpy(),
            "市町村": [
                "・".join(names.get(code, code) for code in cell.split(AREA_SEPARATOR) if code)
                for cell in table["municipalities"]
            ],
            "審査": ["要る" if one else "" for one in table["reviewed"]],
            "状態": [
                "停止" if not active else ("サインイン済み" if bound else "招待中")
                for active, bound in zip(table["active"], table["bound"], strict=True)
            ],
        }
    )
    if shown.empty:
        st.info("まだ会員がいません。下の欄で、最初の管理者を登録してください。")
    else:
        frame.table(shown)
        frame.downloads({"会員": shown}, "会員", data)

    chosen = st.selectbox("登録・変更する会員", [NEW, *table["email"]])
    old = None if chosen == NEW else table[table["email"] == chosen].iloc[0]
    with st.form(f"member_{chosen}"):
        left, right = st.columns(2)
        email = left.text_input(
            "メールアドレス", "" if old is None else chosen, disabled=old is not None
        )
        affiliation = right.text_input(
            "所属(履歴に公開されます。個人名ではなく部署名)",
            "" if old is None else old["affiliation"],
            placeholder="例: 登別市 社会福祉グループ",
        )
        role = left.selectbox(
            "役割",
            members.ASSIGNED,
            index=members.ASSIGNED.index("municipal" if old is None else old["role"]),
            format_func=ROLES.get,
        )
        codes = right.multiselect(
            "編集できる市町村(市町村の編集者だけ)",
            list(names.index),
            [] if old is None else [c for c in old["municipalities"].split(AREA_SEPARATOR) if c],
            format_func=names.get,
            placeholder="選ぶ",
        )
        reviewed = left.checkbox(
            "変更は道の審査のあとで反映する", False if old is None else bool(old["reviewed"])
        )
        active = right.checkbox("有効", True if old is None else bool(old["active"]))
        if st.form_submit_button("保存", type="primary"):
            try:
                members.set_member(
                    engine,
                    data,
                    email if old is None else chosen,
                    who,
                    role=role,
                    affiliation=affiliation,
                    municipalities=codes,
                    reviewed=reviewed,
                    active=active,
                )
            except GeoError as error:
                st.error(str(error))
            else:
                st.rerun()
    if old is not None and old["bound"]:
        st.caption(
            "アカウントが替わったときは、結び付けを解くと、次のサインインで新しいアカウントに"
            "結び付きます。"
        )
        if st.button("サインインの結び付けを解く", icon=":material/link_off:"):
            members.release(engine, int(old.name), who)
            st.rerun()
frame.footer(data)

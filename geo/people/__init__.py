"""Who is acting, what may they change, what did they change, how is it undone?"""

"""Where are records kept: database, tables, migrations, and what if it is away?"""

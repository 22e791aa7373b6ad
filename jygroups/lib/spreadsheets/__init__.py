"""Spreadsheets from others and for others.

Reading, stage by stage:

bytes → child process      sandbox: runs the parser in a process with capped memory and time; the words of a refusal
child process → cells      parser: the program of that process: the format of a file, its sheets, passwords
  with structure           errors: why it does not read a file
                           text_tables: the rows of a csv, a txt or a paste
                           structures: what a sheet has beside values, such as merged, hidden and struck-through cells
                           xlsx_sheet, xls, xlsb, ods: the structure of a sheet in each format
                           workbook_parts: the parts of .xlsx and .xlsb with styles, texts and comments
                           number_formats: formats that show digits which the number itself does not have
cells → located table      headers: where the titles of a table are
                           row_kinds: which rows are about a person, and why others are not
                           row_texts: what a cell may be by its text: a label of totals, a day, a name, a number
                           repeated_titles: rows that have column titles once more
located table → rows       file_sheets: a sheet with its header, and which of its cells may not be taken as they stand
                           table_shapes: kinds of tables, and what the user is asked where none is clear
                           file_tables: the table of people or buildings in a file, with the choices of its user
                           table_findings: which of its cells and rows have errors, and what its user has to know

Writing:

workbooks: sheets, columns, formulas, print layout · cell_styles: how cells look · page_marks: who took the file
"""

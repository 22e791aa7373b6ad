"""Spreadsheets from others and for others.

Reading, stage by stage:

bytes → child process      sandbox: runs the parser in a process with capped memory and time; the words of a refusal
child process → cells      parser: the program of that process; the format of a file, rows of texts, passwords
  with structure           workbook_parts: which parts of an .xlsx or .xlsb have styles, texts and comments
                           xlsx_sheet, xls, ods: merged, hidden, struck-through and commented cells by format
                           shared_texts: which texts of .xls and .xlsb are in part struck through
                           number_formats: formats that show digits which the number itself does not have
cells → located table      located: the header, and which rows below it are about a person
                           row_texts: what a cell below the titles may be by its text: a label of totals, a day, a name
                           repeated_titles: rows that have column titles once more
located table → rows       file_sheets: a sheet with its header, and which of its cells may not be taken as they stand
                           table_shapes: kinds of tables, and what the user is asked where none is clear
                           file_tables: the table of people or buildings in a file, with the choices of its user

Writing:

workbooks: sheets, columns, formulas, print layout · cell_styles: how cells look · page_marks: who took the file
"""

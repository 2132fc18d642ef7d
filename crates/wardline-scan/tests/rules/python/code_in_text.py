# Code that is run from a text.
import ast


def hidden():
    # ruleid: python.code-in-text
    exec("import os; os.system(request.args['x'])")
    # ruleid: python.code-in-text
    return eval("__import__('os').getcwd()")


def plain(text):
    # ok: python.code-in-text
    value = ast.literal_eval("(1, 2)")
    # ok: python.code-in-text
    return eval("1 + 2") + value[0]

// Compiles the modules of wheels with the page's own Python, so that the page need not.
//   node compile.mjs RUNTIME WHEELS   for each WHEELS/x.whl writes WHEELS/x.whl.pyc, a zip
import { loadPyodide } from "./runtime/pyodide.mjs";

const [runtime, wheels] = process.argv.slice(2);
const python = await loadPyodide({ indexURL: `${runtime}/` });
python.FS.mkdir("/wheels");
python.mountNodeFS("/wheels", wheels);
await python.runPythonAsync(`
import importlib.util, pathlib, zipfile
from importlib._bootstrap_external import _code_to_hash_pyc as pyc

RARE = ("pygments/lexers/", "pygments/styles/", "jedi/third_party/", "rich/")  # larger, seldom used
for wheel in sorted(pathlib.Path("/wheels").glob("*.whl")):
    source = zipfile.ZipFile(wheel)
    with zipfile.ZipFile(wheel.with_name(wheel.name + ".pyc"), "w") as made:
        for name in sorted(source.namelist()):
            if not name.endswith(".py") or name.startswith(RARE):
                continue
            text = source.read(name)
            place = "/lib/python3.14/site-packages/" + name
            try:
                code = compile(text, place, "exec", dont_inherit=True)
            except SyntaxError:  # templates and samples: nobody imports them
                continue
            # unchecked: a page has no other source than the one it came with
            data = pyc(code, importlib.util.source_hash(text), False)
            made.writestr(zipfile.ZipInfo(name), bytes(data))
`);
process.exit(0);

// Where the shared models lie, and which of those asked for are there.
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Paths of models: those given on the command line, else the shared ones by name; what is missing is skipped aloud. */
export function findModels(names, given = process.argv.slice(2)) {
  const paths = given.length > 0 ? given : names.map(sharedModel);
  return paths
    .filter((path) => {
      if (existsSync(path)) return true;
      console.error(`Skipped ${path}: there is no such file.`);
      return false;
    })
    .map((path) => ({ name: basename(path, '.onnx'), path }));
}

function sharedModel(name) {
  return fileURLToPath(new URL(`../../../shared/data/models/${name}.onnx`, import.meta.url));
}

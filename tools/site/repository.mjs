// Where the project lives: the address in repository.json, else the module path of go.mod.
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = resolve(HERE, '../..');

const setting = JSON.parse(readFileSync(join(HERE, 'repository.json'), 'utf8'));

/** The module path, as go.mod says it. */
export const MODULE = /^module\s+(\S+)/m.exec(readFileSync(join(ROOT, 'go.mod'), 'utf8'))[1];

/** The address of the repository's front page. */
export const HOME = setting.address ?? `https://${MODULE}`;

/** The address of a file or folder of the repository, at a line where one is given. */
export const fileAt = (path, line) => `${HOME}/blob/${setting.branch}/${path}${line ? `#L${line}` : ''}`;

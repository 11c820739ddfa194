// Writes docs/cli.md: `npm run build && node packages/cli/dist/docs/write-cli-page.js`.
import { writeFile } from 'node:fs/promises';
import { renderCliPage } from './cli-page.ts';

await writeFile(new URL('../../../../docs/cli.md', import.meta.url), renderCliPage());

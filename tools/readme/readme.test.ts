/** Every command block of the README is run, in order, against one server: what a newcomer types must work. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type OwnServer, startServer } from '../demo/own-server.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const readme = await readFile(`${root}/README.md`, 'utf8')
const manifest = JSON.parse(await readFile(`${root}/package.json`, 'utf8')) as {
  scripts: Record<string, string>
}
const blocks = [...readme.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(
  (match) => match[1]?.trim() ?? '',
)

/** npm and npx, as the README means them, without npm: the scripts of package.json under this very Node. */
const shell = `
set -euo pipefail
npm() {
  [ "$1" = run ] && shift
  script=$1; shift
  [ "\${1:-}" = -- ] && shift
  case "$script" in
${Object.entries(manifest.scripts)
  .map(([name, command]) => `    ${name}) ${command.replace(/^node /, '"$NODE" ')} "$@" ;;`)
  .join('\n')}
    *) echo "package.json has no script $script" >&2; return 1 ;;
  esac
}
npx() { tool=$1; shift; "$NODE" "node_modules/.bin/$tool" "$@"; }
`

let server: OwnServer

before(async () => {
  server = await startServer()
})
after(() => server.stop())

test('the README begins with the two commands, and package.json has them', () => {
  assert.deepEqual(blocks.slice(0, 2), ['npm start', 'npm test'])
  assert.match(manifest.scripts.start ?? '', /bin\/signet\.js start$/)
  assert.match(manifest.scripts.test ?? '', /tools\/test\/main\.ts$/)
})

for (const block of blocks.slice(2)) {
  test(`README: ${block.split('\n')[0]}`, async () => {
    const commands = block
      .replaceAll('http://localhost:8080', server.url)
      .replaceAll('curl -sS', 'curl -sS --fail-with-body')
    const run = promisify(execFile)('bash', ['-c', shell + commands], {
      cwd: root,
      env: {
        ...process.env,
        NODE: process.execPath,
        SIGNET_DATA_DIR: server.dataDir,
        SIGNET_HTTP_ADDRESS: new URL(server.url).host,
      },
    })
    const { stdout } = await run.catch((error: { stdout: string; stderr: string }) =>
      assert.fail(`${commands}\n${error.stdout}\n${error.stderr}`),
    )
    assert.notEqual(stdout, '', 'the block printed nothing')
  })
}

test('the README fits on three screens', () => {
  assert.ok(readme.split('\n').length <= 150)
})

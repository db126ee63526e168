// Installs and builds what is missing or out of date, and says so. Plain JavaScript: it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const time = (path) => statSync(`${root}/${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0

function newest(folder) {
  return readdirSync(`${root}/${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((latest, entry) => Math.max(latest, statSync(`${entry.parentPath ?? entry.path}/${entry.name}`).mtimeMs), 0)
}

function run(what, command, args) {
  process.stderr.write(`${what}: ${command} ${args.join(' ')}\n`)
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) {
    process.stderr.write(`${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}\n`)
    process.exit(status ?? 1)
  }
}

export function setUp() {
  const installed = time('node_modules/.package-lock.json')
  if (installed === 0 || installed < time('package-lock.json')) run('installing', 'npm', ['ci', '--no-audit', '--no-fund'])
  const built = time('dist/bundle/LICENSES.txt')
  if (built < Math.max(newest('src'), time('tsconfig.build.json'))) {
    run('building', 'npm', ['run', '--silent', 'build'])
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp()

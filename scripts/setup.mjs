// Installs and builds what is missing or out of date, and says so. Plain JavaScript: it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const BUILT_FROM = ['src', 'scripts/bundle.mjs', 'tsconfig.json', 'tsconfig.build.json', 'package.json']

const time = (path) => statSync(`${root}/${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** A folder's own time counts too: it changes when a file in it is added, renamed or removed. */
function newest(path) {
  const own = time(path)
  if (!statSync(`${root}/${path}`).isDirectory()) return own
  return Math.max(own, ...readdirSync(`${root}/${path}`).map((name) => newest(`${path}/${name}`)))
}

/** Its output goes to stderr: stdout is for data. */
function run(what, command, args) {
  process.stderr.write(`${what}: ${command} ${args.join(' ')}\n`)
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
  })
  if (status === 0) return
  process.stderr.write(`${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}\n`)
  process.exit(status ?? 1)
}

function requireNode() {
  const wanted = /[\d.]+/.exec(JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).engines.node)[0]
  if (process.versions.node.localeCompare(wanted, 'en', { numeric: true }) >= 0) return
  process.stderr.write(`Portolan needs Node.js ${wanted} or later, this is ${process.version}: https://nodejs.org/\n`)
  process.exit(1)
}

export function setUp() {
  requireNode()
  const installed = time('node_modules/.package-lock.json')
  if (installed === 0 || installed < time('package-lock.json')) {
    run('installing', 'npm', ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'])
  }
  // The bundle's last file.
  const built = time('dist/bundle/LICENSES.txt')
  if (built < Math.max(...BUILT_FROM.map(newest))) run('building', 'npm', ['run', '--silent', 'build'])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp()

// npm start: sets up what is missing, then runs the first example in the foreground.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { setUp } from './setup.mjs'

setUp()
const root = fileURLToPath(new URL('..', import.meta.url))
const args = ['bin/portolan.js', 'up', 'examples/nginx.yaml', ...process.argv.slice(2)]
const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
// The terminal sends Ctrl-C to both: the network decides when it has ended.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]))

// npm start: sets up what is missing, then runs the first example in the foreground.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { setUp } from './setup.mjs'

setUp()
const root = fileURLToPath(new URL('..', import.meta.url))
const args = ['bin/portolan.js', 'up', 'examples/nginx.yaml', ...process.argv.slice(2)]
// A process of its own: the time that it tells begins here, not before the set-up.
const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
// It decides when it has ended; one Ctrl-C that reaches it twice, from the terminal and from here, counts once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]))

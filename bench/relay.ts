/**
 * The relay beside HAProxy (TCP mode, one thread) and a direct connection, on loopback, in one run.
 *
 *   npm run build
 *   npx tsc --ignoreConfig bench/relay.ts --outDir node_modules/.cache/bench --rootDir . --target es2023 \
 *     --module nodenext --rewriteRelativeImportExtensions --types node --skipLibCheck
 *   echo '{"type":"module"}' > node_modules/.cache/bench/package.json
 *   node node_modules/.cache/bench/bench/relay.js [rounds]
 *
 * Load comes from processes of blocking calls, so that neither end is slower than what is measured.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checked, libc } from '../src/host/libc.ts'
import { encodeSocketAddress } from '../src/host/relay-socket.ts'
import { startRelay } from '../src/host/relay.ts'

const address = '127.0.0.1'
const ports = { direct: 19_401, relay: 19_402, haproxy: 19_403 }
const chunkBytes = 1 << 18
const streamBytes = 2 ** 31
const connectionCount = 6000
/** Connections that the client has open at once. */
const connectionBatch = 32

type Way = keyof typeof ports
type Measure = 'upload' | 'download' | 'connect'
const measures: readonly Measure[] = ['upload', 'download', 'connect']
const ways: readonly Way[] = ['direct', 'haproxy', 'relay']

const buffer = new Uint8Array(chunkBytes)

function openListener(port: number): number {
  const { socket, setsockopt, bind, listen } = libc()
  const fd = checked('socket', socket(2, 1, 0))
  setsockopt(fd, 1, 2, new Int32Array([1]), 4)
  checked('bind', bind(fd, encodeSocketAddress({ address, port }), 16))
  checked('listen', listen(fd, 4096))
  return fd
}

function openConnection(port: number): number {
  const { socket, connect } = libc()
  const fd = checked('socket', socket(2, 1, 0))
  checked('connect', connect(fd, encodeSocketAddress({ address, port }), 16))
  return fd
}

function receiveAll(fd: number): void {
  const { recv } = libc()
  while (checked('recv', recv(fd, buffer, chunkBytes, 0)) > 0);
}

function sendBytes(fd: number, count: number): void {
  const { send } = libc()
  for (let left = count; left > 0; ) left -= checked('send', send(fd, buffer, Math.min(left, chunkBytes), 0))
}

/** Serves one connection after another; the first byte says what is wanted. Ends with its process. */
function runServer(): void {
  const { accept4, recv, close, setsockopt } = libc()
  const listener = openListener(ports.direct)
  // TCP_DEFER_ACCEPT: a connection is accepted when its first byte is there, so that no other waits for it.
  setsockopt(listener, 6, 9, new Int32Array([1]), 4)
  for (;;) {
    const fd = checked('accept4', accept4(listener, null, null, 0))
    recv(fd, buffer, 1, 0)
    const measure = measures[buffer[0] ?? 0]
    if (measure === 'upload') receiveAll(fd)
    sendBytes(fd, measure === 'download' ? streamBytes : 1)
    close(fd)
  }
}

function stream(port: number, measure: Measure): void {
  const { send, shutdown, close } = libc()
  const fd = openConnection(port)
  send(fd, new Uint8Array([measures.indexOf(measure)]), 1, 0)
  if (measure === 'upload') {
    sendBytes(fd, streamBytes)
    shutdown(fd, 1)
  }
  receiveAll(fd)
  close(fd)
}

function connectMany(port: number): void {
  const { send, close } = libc()
  const first = new Uint8Array([measures.indexOf('connect')])
  for (let done = 0; done < connectionCount; done += connectionBatch) {
    const fds = Array.from({ length: connectionBatch }, () => {
      const fd = openConnection(port)
      send(fd, first, 1, 0)
      return fd
    })
    for (const fd of fds) {
      receiveAll(fd)
      close(fd)
    }
  }
}

/** Prints bytes or connections per second. */
function runClient(port: number, measure: Measure): void {
  const start = performance.now()
  if (measure === 'connect') connectMany(port)
  else stream(port, measure)
  const seconds = (performance.now() - start) / 1000
  console.log((measure === 'connect' ? connectionCount : streamBytes) / seconds)
}

function runRelay(): void {
  const relay = startRelay()
  relay.listenTcp(openListener(ports.relay), { targets: [{ address, port: ports.direct }], source: address })
  setInterval(() => {}, 60_000)
}

const haproxyConfig = `global
  nbthread 1
  maxconn 8000
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen bench
  bind ${address}:${ports.haproxy}
  server target ${address}:${ports.direct} source ${address}
`

function runRole(...role: string[]): ChildProcess {
  const file = fileURLToPath(import.meta.url)
  return spawn(process.execPath, [file, ...role], { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function measureOnce(way: Way, measure: Measure): Promise<number> {
  const client = runRole('client', String(ports[way]), measure)
  let output = ''
  client.stdout?.on('data', (data) => {
    output += data
  })
  const [code] = await once(client, 'close')
  if (code !== 0) throw new Error(`client of ${way} ended with ${code}`)
  return Number(output)
}

async function waitForPort(port: number): Promise<void> {
  const { socket, connect, close } = libc()
  for (;;) {
    const fd = socket(2, 1, 0)
    const result = connect(fd, encodeSocketAddress({ address, port }), 16)
    close(fd)
    if (result === 0) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function report(measure: Measure, samples: Readonly<Record<Way, readonly number[]>>): void {
  const [scale, unit] = measure === 'connect' ? [1, 'connections/s'] : [1e6, 'MB/s']
  for (const way of ways) {
    const value = median(samples[way])
    const ratio = (100 * value) / median(samples.haproxy)
    const spread = samples[way].map((sample) => (sample / scale).toFixed(0)).join(' ')
    console.log(
      `${measure} ${way}: ${ratio.toFixed(0)} % of haproxy, ${(value / scale).toFixed(0)} ${unit} (${spread})`,
    )
  }
}

async function compare(rounds: number): Promise<void> {
  for (const measure of measures) {
    const samples: Record<Way, number[]> = { direct: [], haproxy: [], relay: [] }
    for (let round = 0; round < rounds; round++) {
      for (const way of ways) samples[way].push(await measureOnce(way, measure))
    }
    report(measure, samples)
  }
}

async function runAll(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-bench-'))
  const config = join(folder, 'haproxy.cfg')
  writeFileSync(config, haproxyConfig)
  const peers = [
    runRole('server'),
    runRole('relay'),
    spawn('/usr/sbin/haproxy', ['-q', '-db', '-f', config], { stdio: ['ignore', 'ignore', 'inherit'] }),
  ]
  try {
    for (const way of ways) await waitForPort(ports[way])
    await compare(rounds)
  } finally {
    for (const peer of peers) peer.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  }
}

const [role = '5', port, measure] = process.argv.slice(2)
if (role === 'server') runServer()
else if (role === 'relay') runRelay()
else if (role === 'client') runClient(Number(port), measures.find((name) => name === measure) ?? 'connect')
else await runAll(Number(role))

// Runs inside the namespaces that nft-namespace.ts made: takes steps as JSON on stdin, answers with their results on stdout.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const koffi = createRequire(import.meta.url)(`@koromix/koffi-linux-${process.arch}`)
const libc = koffi.load('libc.so.6')
const socket = libc.func('int socket(int, int, int)')
const bind = libc.func('int bind(int, void *, int)')
const send = libc.func('long send(int, void *, size_t, int)')
const recv = libc.func('long recv(int, void *, size_t, int)')
const setsockopt = libc.func('int setsockopt(int, int, int, void *, int)')

const [AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER, MSG_DONTWAIT, SOL_NETLINK, NETLINK_EXT_ACK] = [16, 3, 12, 0x40, 270, 11]
const fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER)
const address = new Uint8Array(12)
address[0] = AF_NETLINK
if (fd < 0 || bind(fd, address, address.length) < 0) throw new Error('cannot open a netlink socket')
setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, new Int32Array([1]), 4)
const size = new Int32Array([8 << 20])
setsockopt(fd, 1, 32, size, 4)
setsockopt(fd, 1, 7, size, 4)

function transact(bytes) {
  if (send(fd, bytes, bytes.length, 0) !== bytes.length) throw new Error('send failed')
  const received = []
  const buffer = new Uint8Array(1 << 16)
  for (;;) {
    const length = recv(fd, buffer, buffer.length, MSG_DONTWAIT)
    if (length <= 0) return Buffer.concat(received).toString('base64')
    received.push(Buffer.from(buffer.slice(0, length)))
  }
}

function run([command, ...args], input) {
  const { status, signal, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', input, maxBuffer: 1 << 28 })
  return { status: status ?? -1, signal, stdout, stderr }
}

const results = JSON.parse(readFileSync(0, 'utf8')).map((step) =>
  step.netlink === undefined
    ? run(step.run, step.input ?? '')
    : { replies: transact(Buffer.from(step.netlink, 'base64')) },
)
process.stdout.write(JSON.stringify(results))

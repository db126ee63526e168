// Runs a command on a kernel without nf_tables, as far as it can tell: a seccomp filter refuses netfilter's sockets.
// `node bad-luck-refuse-netfilter.mjs COMMAND ARGUMENTS...`; children inherit the filter.
import { spawnSync } from 'node:child_process'
import { libc } from '../../dist/host/libc.js'

const SOCKET = { x64: 41, arm64: 198 }[process.arch]
const [AF_NETLINK, NETLINK_NETFILTER, EPROTONOSUPPORT] = [16, 12, 93]
const [LOAD, JUMP_EQUAL, RETURN] = [0x20, 0x15, 0x06]
const [NUMBER, FIRST, THIRD] = [0, 16, 32]
const [ALLOW, REFUSE] = [0x7fff0000, 0x00050000 | EPROTONOSUPPORT]
const [PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER] = [38, 22, 2]

/** struct sock_filter: code, how far to jump if true and if false, value. */
const program = [
  [LOAD, 0, 0, NUMBER],
  [JUMP_EQUAL, 0, 5, SOCKET],
  [LOAD, 0, 0, FIRST],
  [JUMP_EQUAL, 0, 3, AF_NETLINK],
  [LOAD, 0, 0, THIRD],
  [JUMP_EQUAL, 0, 1, NETLINK_NETFILTER],
  [RETURN, 0, 0, REFUSE],
  [RETURN, 0, 0, ALLOW],
]
const instructions = new DataView(new ArrayBuffer(program.length * 8))
program.forEach(([code, yes, no, value], i) => {
  instructions.setUint16(i * 8, code, true)
  instructions.setUint8(i * 8 + 2, yes)
  instructions.setUint8(i * 8 + 3, no)
  instructions.setUint32(i * 8 + 4, value, true)
})
/** struct sock_fprog. */
const filter = new BigUint64Array([BigInt(program.length), libc().address(instructions)])

libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
if (libc().prctl(PR_SET_SECCOMP, FILTER, Number(libc().address(filter)), 0, 0) < 0) {
  throw new Error(`seccomp: ${libc().errorName(libc().errno())}`)
}
const [command, ...args] = process.argv.slice(2)
process.exitCode = spawnSync(command, args, { stdio: 'inherit' }).status ?? 1

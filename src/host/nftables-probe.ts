/** Tries, in a network namespace of its own, whether the kernel takes nf_tables messages: `doctor` runs it. */
import { libc } from './libc.ts'
import { createNetlinkWriter } from './netlink-writer.ts'
import { openNetlink } from './netlink.ts'

const BATCH_BEGIN = 16
const BATCH_END = 17
const NEW_TABLE = (10 << 8) | 0
const REQUEST_CREATE = 0x401
const FAMILY_IP = 2
const NFTA_TABLE_NAME = 1

/** struct nfgenmsg; the resource id of a batch is the subsystem, big endian. */
function header(family: number, resource: number): Uint8Array {
  return Uint8Array.of(family, 0, resource >> 8, resource & 255)
}

const writer = createNetlinkWriter()
writer.begin(BATCH_BEGIN, 1)
writer.bytes(header(0, 10))
writer.end()
writer.begin(NEW_TABLE, REQUEST_CREATE)
writer.bytes(header(FAMILY_IP, 0))
writer.attributeText(NFTA_TABLE_NAME, 'portolan')
writer.end()
writer.begin(BATCH_END, 1)
writer.bytes(header(0, 10))
writer.end()

try {
  const [failure] = openNetlink('netfilter').transact(writer.finish())
  if (failure !== undefined) throw new Error(`nft add table ip portolan: ${libc().errorName(failure.errno)}`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

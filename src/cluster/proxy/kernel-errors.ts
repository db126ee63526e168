/** What the kernel's errors mean for rules and flows. */
import { KernelError } from '../../host/libc.ts'

const MEANINGS: Readonly<Record<string, string>> = {
  ENOMEM: 'the kernel has no memory for it',
  ENOBUFS: 'the kernel had no room for its messages',
  EMFILE: 'this process may open no more files: raise its limit, "ulimit -n"',
}
/** The kernel's word for a set that has all the elements it may have; of a call it would be the machine's open files. */
const FULL_SET = 'ENFILE'

/** No fault of what was to be written: later it may be taken as it is. */
export function isShortage(error: unknown): boolean {
  const code = codeOf(error)
  return code !== undefined && Object.hasOwn(MEANINGS, code)
}

/** The message, with what its error number means here. */
export function explained(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const code = codeOf(error)
  const isFull = code === FULL_SET && message.startsWith('nft ')
  const meaning = isFull ? 'the set is full' : MEANINGS[code ?? '']
  return meaning === undefined ? message : `${message} (${meaning})`
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof KernelError) return error.code
  return error instanceof Error && error.cause !== undefined ? codeOf(error.cause) : undefined
}

import type { Context } from '../context.ts'
import { openObjectFiles } from './object-files.ts'
import type { DnsCommandOptions } from './options.ts'
import { prepareDns } from './serve.ts'

/** `portolan dns`: serves what the files hold until a signal comes. */
export async function runDns(options: DnsCommandOptions, context: Context): Promise<number> {
  // What is wrong with the options is said before anything is read.
  const serve = prepareDns(options, context)
  const files = await openObjectFiles(options.objects ?? [], context)
  if (files === undefined) return 2
  try {
    return await serve(files.source)
  } finally {
    files.close()
  }
}

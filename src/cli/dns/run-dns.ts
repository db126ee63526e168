import { resolve } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { UsageError, type Context } from '../context.ts'
import { openObjectFiles } from './object-files.ts'
import type { DnsCommandOptions } from './options.ts'
import { prepareDns } from './serve.ts'

/** `portolan dns`: serves what the files hold, or a cluster, until a signal comes. */
export async function runDns(options: DnsCommandOptions, context: Context): Promise<number> {
  // The process does nothing else: its heap stays close to what is in it. Answers from memory allocate too little to notice.
  setFlagsFromString('--optimize-for-size')
  // What is wrong with the options is said before anything is read.
  const serve = prepareDns(options, context)
  if (options.objects === undefined) return serveCluster(serve, options, context)
  const files = await openObjectFiles(options.objects ?? [], context)
  if (files === undefined) return 2
  try {
    return await serve(files.source)
  } finally {
    files.close()
  }
}

async function serveCluster(
  serve: ReturnType<typeof prepareDns>,
  { kubeconfig, context: name, pods, searchPath = false, log }: DnsCommandOptions,
  context: Context,
): Promise<number> {
  const { followNames, KubeconfigError } = await import('../../cluster/dns/remote.ts')
  const access = {
    ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(context.workingDirectory, kubeconfig) }),
    ...(name === undefined ? {} : { context: name }),
    environment: context.environment,
  }
  const onMessage = (message: string): void => void context.stderr.write(`portolan dns: ${message}\n`)
  try {
    const names = followNames({ access, pods: pods === 'verified' || searchPath || log !== undefined, onMessage })
    try {
      return await serve(names.source)
    } finally {
      names.close()
    }
  } catch (error) {
    if (error instanceof KubeconfigError) throw new UsageError(error.message)
    throw error
  }
}

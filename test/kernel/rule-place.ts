/** A network namespace of its own, whose rules can be read and written with the nft program. */
import { spawnSync } from 'node:child_process'
import { afterAll, expect } from 'vitest'
import { createNamespace, inNamespace, type NetworkNamespace } from '../../src/host/namespaces.ts'
import { openNetlink } from '../../src/host/netlink.ts'
import { GENERATION_REQUEST, readGeneration } from '../../src/nft/read-back.ts'

export interface RulePlace {
  readonly namespace: NetworkNamespace
  /** Runs commands of nft, which must succeed; what they print. */
  nft(text: string): string
  generation(): number
}

/** Makes places that are closed after the tests of the surrounding `describe`. `options`: of nft, such as `-a` for handles. */
export function rulePlaces(...options: readonly string[]): () => RulePlace {
  const opened: NetworkNamespace[] = []
  afterAll(() => opened.forEach((namespace) => namespace.close()))
  return () => {
    const namespace = createNamespace()
    opened.push(namespace)
    const socket = openNetlink('netfilter', namespace)
    return {
      namespace,
      nft(text) {
        const { status, stdout, stderr } = inNamespace(namespace, () =>
          spawnSync('nft', [...options, '-f', '-'], { input: text, encoding: 'utf8' }),
        )
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
        return stdout
      },
      generation: () => readGeneration(socket.ask(GENERATION_REQUEST)),
    }
  }
}

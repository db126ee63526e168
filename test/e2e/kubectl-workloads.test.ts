/** kubectl and the kinds that make Pods: a transcript of its own for each, against a network of its own. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { normalise, parseTranscript } from '../apiserver/transcript.ts'
import { kubectlOf, type KubectlNetwork } from './kubectl-network.ts'
import { createMachine, missing, title, type Machine } from './network.ts'

const reason = missing('kubectl')

describe.skipIf(reason !== undefined)(title('kubectl', reason), () => {
  let machine: Machine
  let environment: KubectlNetwork['environment']
  beforeAll(async () => {
    machine = await createMachine()
    await machine.up()
    environment = (await kubectlOf(machine)).environment
  })
  afterAll(async () => {
    await machine.portolan('down')
    const left = await machine.leftovers()
    await machine.close()
    expect(left).toEqual([])
  })

  describe.each(['stateful-set', 'batch', 'cluster-objects', 'deletion', 'deployment', 'charts', 'persistent-volumes'])(
    '%s',
    (name) => {
      const transcript = parseTranscript(readFileSync(new URL(`fixtures/${name}.transcript`, import.meta.url), 'utf8'))
      test.each(transcript.map((step, i) => [i + 1, step.command, step] as const))(
        '%d: %s',
        async (_i, command, step) => {
          const { code, stdout } = await machine.sh(`exec 2>&1; ${command}`, { environment })
          expect({ output: normalise(stdout), code }).toEqual({ output: step.output, code: step.code })
        },
      )
    },
  )
})

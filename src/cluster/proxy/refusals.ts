import { explained } from './kernel-errors.ts'

export interface Refusals {
  add(error: unknown): void
  end(): void
  /** Undefined where everything was taken. */
  last(): string | undefined
}

/** Tells of a refusal once, however often it is repeated, and of its end. */
export function createRefusals(where: string, onError: (error: unknown) => void): Refusals {
  let last: string | undefined
  return {
    add(error) {
      const message = `${where}: ${explained(error)}`
      const isTold = message === last
      last = message
      const next = 'the rules that are there stay, and it is tried again each second'
      if (!isTold) onError(new Error(`${message}: ${next}`, { cause: error }))
    },
    end() {
      if (last !== undefined) onError(new Error(`${where}: the kernel takes the rules again`))
      last = undefined
    },
    last: () => last,
  }
}

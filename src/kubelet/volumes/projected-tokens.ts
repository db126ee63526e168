import type { VolumeProjection } from '../../api/core.ts'
import type { Clock } from '../../lib/clock.ts'

/** A token as a volume wants it. */
export interface TokenProjection {
  /** Absent: the API server. */
  readonly audience?: string
  readonly seconds: number
}

type Projection = NonNullable<VolumeProjection['serviceAccountToken']>

/** The tokens of one Pod's volumes. */
export interface ProjectedTokens {
  /** The same one until it is to be renewed; undefined where the Pod's ServiceAccount is not there. */
  tokenFor(projection: Projection): string | undefined
  stop(): void
}

/** Kubernetes' default and minimum, in seconds. */
const [DEFAULT_SECONDS, MINIMUM_SECONDS] = [3600, 600]
/** A kubelet renews a token when 80 % of its time are over, or after a day. */
const [RENEWED_PART, RENEWED_AFTER] = [0.8, 24 * 3600]

interface Held {
  readonly token: string
  readonly cancel: () => void
}

/** `issue`: makes a token. `due`: a token is to be renewed, and its volume to be made anew. */
export function createProjectedTokens(
  clock: Clock,
  issue: (wish: TokenProjection) => string | undefined,
  due: () => void,
): ProjectedTokens {
  const held = new Map<string, Held>()
  return {
    tokenFor({ audience, expirationSeconds = DEFAULT_SECONDS }) {
      const seconds = Math.max(MINIMUM_SECONDS, expirationSeconds)
      const key = `${seconds} ${audience ?? ''}`
      const known = held.get(key)
      if (known !== undefined) return known.token
      const token = issue({ seconds, ...(audience && { audience }) })
      if (token === undefined) return undefined
      const cancel = clock.after(Math.min(seconds * RENEWED_PART, RENEWED_AFTER) * 1000, () => {
        held.delete(key)
        due()
      })
      held.set(key, { token, cancel })
      return token
    },
    stop() {
      for (const { cancel } of held.values()) cancel()
      held.clear()
    },
  }
}

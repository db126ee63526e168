import type { Zone } from './zone.ts'

/** Refresh, retry, expire. */
export const SOA_TIMES = [7200, 1800, 86400] as const
const TTL_LIMIT = 300

/** In seconds. How long a denial holds is another matter: that is the record's last number. */
export function soaTTL({ config }: Pick<Zone, 'config'>): number {
  return Math.min(config.ttl, TTL_LIMIT)
}

import type { Context } from '../context.ts'

/** Job `incidents.maintenance`: starts, reminds of and ends what is due. */
export const keepMaintenances = async (_ctx: Context): Promise<void> => {}

import { signText } from '#agents/protocol.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { serverKey } from '../hosts/serverKey.ts'
import { claimText, SIGNATURE_LABEL, type Claim } from './label.ts'
import { accountNamed } from './quotas.ts'

/**
 * The labels that say whose a container is, in clusters that believe only signed ones: set them when it is created.
 * They serve this account, app and container name alone.
 */
export const signLabels = async (ctx: Context, claim: Claim): Promise<Record<string, string>> => {
  const { privateKey } = await serverKey(ctx)
  return await ctx.sql.begin(async (tx) => {
    const accountId = await accountNamed(tx, claim.account)
    await audit(tx, ctx, {
      action: 'usage.labels.sign',
      subject: { kind: 'account', id: accountId },
      accountId,
      after: claim,
    })
    return {
      [ctx.env.WHARF_LABEL_ACCOUNT]: claim.account,
      ...(claim.app ? { [ctx.env.WHARF_LABEL_APP]: claim.app } : {}),
      [SIGNATURE_LABEL]: signText(privateKey, claimText(claim)),
    }
  })
}

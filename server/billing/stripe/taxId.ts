import type Stripe from 'stripe'

type Type = Stripe.CustomerCreateTaxIdParams.Type
type Form = (id: string) => readonly [type: Type, value: string]

const EU = new Set('AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '))
const plain =
  (type: Type): Form =>
  (id) => [type, id]
/** Swiss numbers with their dots: CHE-123.456.789. */
const swiss = (id: string) => id.replace(/^CHE(\d{3})(\d{3})(\d{3}).*$/, 'CHE-$1.$2.$3')

/** Types and their spelling by country (docs.stripe.com/billing/customer/tax-ids, "Supported tax ID types"). */
const FORMS: Record<string, Form> = {
  GB: plain('gb_vat'),
  AU: plain('au_abn'),
  IN: plain('in_gst'),
  IS: (id) => ['is_vat', id.replace(/^IS/, '')],
  JP: plain('jp_trn'),
  MX: plain('mx_rfc'),
  NZ: plain('nz_gst'),
  ZA: plain('za_vat'),
  CH: (id) => {
    const suffix = /(MWST|TVA|IVA)$/.exec(id)?.[1]
    return suffix ? ['ch_vat', `${swiss(id)} ${suffix}`] : ['ch_uid', swiss(id)]
  },
  LI: (id) => (id.startsWith('CHE') ? ['li_uid', id] : ['li_vat', id.replace(/^LI/, '')]),
  NO: (id) => ['no_vat', `${id.replace(/^NO/, '').replace(/MVA$/, '')}MVA`],
  US: (id) => ['us_ein', id.replace(/^(\d{2})(\d{7})$/, '$1-$2')],
  CA: (id) => [id.includes('RT') ? 'ca_gst_hst' : 'ca_bn', id],
  SG: (id) => [id.startsWith('M') ? 'sg_gst' : 'sg_uen', id],
  BR: (id) =>
    id.length === 14
      ? ['br_cnpj', id.replace(/^(\d{2})(\d{3})(\d{3})(\d{4})(\d{2})$/, '$1.$2.$3/$4-$5')]
      : ['br_cpf', id.replace(/^(\d{3})(\d{3})(\d{3})(\d{2})$/, '$1.$2.$3-$4')],
}

/** A tax id as it is kept (capitals, no spaces or dashes) as Stripe takes it; null where Stripe has no type for its country. */
export const stripeTaxId = (country: string | null, taxId: string | null): { type: Type; value: string } | null => {
  if (!country || !taxId) return null
  const form = EU.has(country) ? plain('eu_vat') : FORMS[country]
  if (!form) return null
  const [type, value] = form(taxId)
  return { type, value }
}

/** How a country's tax ids look, without spaces, dots and dashes, and one for people to compare with. */
type Form = { name: string; pattern: RegExp; example: string }

const vat = (pattern: string, example: string): Form => ({
  name: 'VAT number',
  pattern: new RegExp(`^(?:${pattern})$`),
  example,
})
/**
 * Of the European Union, as its VAT Information Exchange System takes them (ec.europa.eu/taxation_customs/vies, "FAQ: VAT
 * number structure"), and of countries that sell and buy much.
 */
const FORMS: Record<string, Form> = {
  AT: vat('ATU\\d{8}', 'ATU12345678'),
  BE: vat('BE[01]\\d{9}', 'BE0123456789'),
  BG: vat('BG\\d{9,10}', 'BG123456789'),
  CY: vat('CY\\d{8}[A-Z]', 'CY12345678X'),
  CZ: vat('CZ\\d{8,10}', 'CZ12345678'),
  DE: vat('DE\\d{9}', 'DE123456789'),
  DK: vat('DK\\d{8}', 'DK12345678'),
  EE: vat('EE\\d{9}', 'EE123456789'),
  ES: vat('ES[A-Z0-9]\\d{7}[A-Z0-9]', 'ESX1234567X'),
  FI: vat('FI\\d{8}', 'FI12345678'),
  FR: vat('FR[A-HJ-NP-Z0-9]{2}\\d{9}', 'FR12345678901'),
  GR: vat('EL\\d{9}', 'EL123456789'),
  HR: vat('HR\\d{11}', 'HR12345678901'),
  HU: vat('HU\\d{8}', 'HU12345678'),
  IE: vat('IE(?:\\d{7}[A-Z]{1,2}|\\d[A-Z+*]\\d{5}[A-Z])', 'IE1234567WA'),
  IT: vat('IT\\d{11}', 'IT12345678901'),
  LT: vat('LT(?:\\d{9}|\\d{12})', 'LT123456789'),
  LU: vat('LU\\d{8}', 'LU12345678'),
  LV: vat('LV\\d{11}', 'LV12345678901'),
  MT: vat('MT\\d{8}', 'MT12345678'),
  NL: vat('NL[A-Z0-9+*]{9}B\\d{2}', 'NL123456789B01'),
  PL: vat('PL\\d{10}', 'PL1234567890'),
  PT: vat('PT\\d{9}', 'PT123456789'),
  RO: vat('RO\\d{2,10}', 'RO1234567890'),
  SE: vat('SE\\d{12}', 'SE123456789012'),
  SI: vat('SI\\d{8}', 'SI12345678'),
  SK: vat('SK\\d{10}', 'SK1234567890'),
  CH: vat('CHE\\d{9}(?:MWST|TVA|IVA)?', 'CHE123456789 MWST'),
  GB: vat('GB(?:\\d{9}|\\d{12}|(?:GD|HA)\\d{3})', 'GB123456789'),
  IS: vat('(?:IS)?\\d{5,6}', '123456'),
  LI: vat('(?:LI|CHE)?\\d{5,9}', '12345'),
  NO: vat('(?:NO)?\\d{9}(?:MVA)?', '123456789 MVA'),
  AU: { name: 'ABN', pattern: /^\d{11}$/, example: '12 345 678 912' },
  BR: { name: 'CNPJ or CPF', pattern: /^(?:\d{14}|\d{11})$/, example: '01.234.456/5432-10' },
  CA: { name: 'GST/HST number', pattern: /^\d{9}(?:RT\d{4})?$/, example: '123456789 RT0002' },
  IN: { name: 'GSTIN', pattern: /^\d{2}[A-Z]{5}\d{4}[A-Z][A-Z0-9]Z[A-Z0-9]$/, example: '12ABCDE3456FGZH' },
  JP: { name: 'registration number', pattern: /^T\d{13}$/, example: 'T1234567891234' },
  MX: { name: 'RFC', pattern: /^[A-Z&Ñ]{3,4}\d{6}[A-Z0-9]{3}$/, example: 'ABC010203AB9' },
  NZ: { name: 'GST number', pattern: /^\d{8,9}$/, example: '123-456-789' },
  SG: { name: 'GST or UEN number', pattern: /^[A-Z0-9]{9,10}$/, example: 'M12345678X' },
  US: { name: 'EIN', pattern: /^\d{9}$/, example: '12-3456789' },
  ZA: { name: 'VAT number', pattern: /^4\d{9}$/, example: '4123456789' },
}
const ANY = /^[A-Z0-9]{4,24}$/

/** A tax id as it is kept: capitals, without spaces, dots, slashes and dashes. Its country's prefix stays. */
export const plainTaxId = (text: string): string => text.toUpperCase().replaceAll(/[\s./-]/g, '')

/** What is wrong with a tax id of a country, in words; undefined where it has the right form. It says nothing of validity. */
export const taxIdFault = (country: string, taxId: string): string | undefined => {
  const form = FORMS[country]
  if (!form) return ANY.test(taxId) ? undefined : 'a tax id has 4 to 24 letters and digits'
  return form.pattern.test(taxId) ? undefined : `this is no ${form.name}: one looks like ${form.example}`
}

"""Who a UBL document names, and how they ask to be paid."""

from __future__ import annotations

from dataclasses import replace

from domain.invoice import Party, PaymentMeans
from integrations.reading.statements import Statements, only


def party_of(party: Statements) -> Party:
    """A party by its legal name, or by its trading name where it states no other."""
    endpoint = party.one("cbc:EndpointID")
    schemes = [(_is_vat(scheme), scheme.text("cbc:CompanyID")) for scheme in party.every("cac:PartyTaxScheme")]
    return Party(
        name=party.text("cac:PartyLegalEntity/cbc:RegistrationName") or party.text("cac:PartyName/cbc:Name"),
        vat_id=only((number for vat, number in schemes if vat), "PartyTaxScheme/CompanyID (VAT)"),
        tax_registration=only((number for vat, number in schemes if not vat), "PartyTaxScheme/CompanyID"),
        legal_id=party.text("cac:PartyLegalEntity/cbc:CompanyID"),
        identifiers=_identifiers(party),
        email=party.text("cac:Contact/cbc:ElectronicMail")
        or (endpoint.own_text() if endpoint.attribute("schemeID") == "EM" else None),
        city=party.text("cac:PostalAddress/cbc:CityName"),
        country=party.text("cac:PostalAddress/cac:Country/cbc:IdentificationCode"),
    )


def _is_vat(scheme: Statements) -> bool:
    return (scheme.text("cac:TaxScheme/cbc:ID") or "").upper() == "VAT"


def _identifiers(party: Statements) -> tuple[str, ...]:
    """BT-29, BT-46 or BT-60; scheme SEPA marks the creditor identifier BT-90, which is none of them."""
    found = party.every("cac:PartyIdentification/cbc:ID")
    return tuple(text for one in found if one.attribute("schemeID") != "SEPA" and (text := one.own_text()))


def payment_means_of(means: Statements) -> tuple[PaymentMeans, ...]:
    """One for each account (BT-84), so that a second account never hides behind the first."""
    accounts = means.every("cac:PayeeFinancialAccount") or (replace(means, element=None),)
    return tuple(
        PaymentMeans(
            code=means.text("cbc:PaymentMeansCode"),
            account=account.text("cbc:ID"),
            account_name=account.text("cbc:Name"),
            bic=account.text("cac:FinancialInstitutionBranch/cbc:ID"),
        )
        for account in accounts
    )

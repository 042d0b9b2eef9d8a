"""Who a CII document names, and how they ask to be paid."""

from __future__ import annotations

from domain.invoice import Party, PaymentMeans
from integrations.reading.statements import Statements, only

VAT_SCHEMES = frozenset({"VA", "VAT"})


def party_of(party: Statements) -> Party:
    """A party by its legal name, or by its trading name where it states no other."""
    registrations = [
        (found.attribute("schemeID") in VAT_SCHEMES, found.own_text())
        for found in party.every("ram:SpecifiedTaxRegistration/ram:ID")
    ]
    return Party(
        name=party.text("ram:Name") or party.text("ram:SpecifiedLegalOrganization/ram:TradingBusinessName"),
        vat_id=only((number for vat, number in registrations if vat), "SpecifiedTaxRegistration/ID (VA)"),
        tax_registration=only((number for vat, number in registrations if not vat), "SpecifiedTaxRegistration/ID"),
        legal_id=party.text("ram:SpecifiedLegalOrganization/ram:ID"),
        identifiers=(*party.texts("ram:ID"), *party.texts("ram:GlobalID")),
        email=_email(party),
        city=party.text("ram:PostalTradeAddress/ram:CityName"),
        country=party.text("ram:PostalTradeAddress/ram:CountryID"),
    )


def _email(party: Statements) -> str | None:
    """Of the first contact that gives one, else the electronic address of scheme EM."""
    contacts = party.texts("ram:DefinedTradeContact/ram:EmailURIUniversalCommunication/ram:URIID")
    endpoint = party.one("ram:URIUniversalCommunication/ram:URIID")
    return contacts[0] if contacts else endpoint.own_text() if endpoint.attribute("schemeID") == "EM" else None


def payment_means_of(settlement: Statements) -> tuple[PaymentMeans, ...]:
    """BG-16: one for each account number (BT-84), so that a second account never hides behind the first."""
    return tuple(
        PaymentMeans(
            code=means.text("ram:TypeCode"),
            account=number,
            account_name=means.text("ram:PayeePartyCreditorFinancialAccount/ram:AccountName"),
            bic=means.text("ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID"),
        )
        for means in settlement.every("ram:SpecifiedTradeSettlementPaymentMeans")
        for number in _accounts(means) or (None,)
    )


def _accounts(means: Statements) -> tuple[str, ...]:
    account = "ram:PayeePartyCreditorFinancialAccount"
    return tuple(dict.fromkeys((*means.texts(f"{account}/ram:IBANID"), *means.texts(f"{account}/ram:ProprietaryID"))))

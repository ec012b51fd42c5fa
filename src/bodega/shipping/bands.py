"""Editing the bands of a method together, as the back office does."""

from django.forms import BaseInlineFormSet, ModelForm

from bodega.shipping.models import Band, Method, check_apart


class BandFormSet(BaseInlineFormSet[Band, Method, ModelForm[Band]]):
    """Bands are compared as they will be, not with what is still stored."""

    def add_fields(self, form: ModelForm[Band], index: int | None) -> None:
        super().add_fields(form, index)
        form.instance.is_edited_with_others = True

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        filled = [form for form in self.forms if form.instance.pk or form.has_changed()]
        check_apart([form.instance for form in filled if form not in self.deleted_forms])

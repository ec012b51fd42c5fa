"""The acceptance tests of the protocol for money (design 5.5), and other stories of whole purchases.

Every one has a control: the same scenario without what protects from it, and the loss that follows.
`test_acceptance.py` sees to it that this table is complete and names tests that are there.

 1. kill -9 at every step between "order committed" and "mail sent": one paid order, one mail
    shows    test_killed_anywhere.test_a_web_process_killed_at_every_step
    shows    test_killed_anywhere.test_a_worker_killed_at_every_step
    shows    test_killed_worker.test_a_worker_killed_while_it_sends_the_receipt
    control  test_killed_anywhere.test_who_only_calls_back_after_the_commit_loses_payments_and_mails
 2. the same event fifty times at once with ten success pages: one ledger row, one mail
    shows    test_same_event.test_fifty_events_and_ten_success_pages_are_one_ledger_row_and_one_mail
    control  test_same_event.test_who_looks_first_and_writes_afterwards_books_the_money_several_times
 3. events reversed, lost, never generated: converges
    shows    test_events_astray.test_events_in_the_opposite_order_are_a_paid_order
    shows    test_events_astray.test_events_that_never_come_are_made_up_for_by_the_sweep
    shows    test_lost_messages.test_a_lost_webhook_is_made_up_for_by_the_success_page
    control  test_events_astray.test_who_believes_the_last_event_has_an_unpaid_order
 4. yesterday's backup is restored: today's paid orders are there before checkout opens
    shows    test_yesterdays_backup.test_todays_paid_orders_are_there_again_before_checkout_opens
    control  test_yesterdays_backup.test_a_shop_that_opens_at_once_sells_todays_numbers_again
 5. the last unit and fifty buyers: exactly one sale; a late payer becomes oversold
    shows    test_last_unit.test_fifty_buyers_and_one_unit_are_one_sale
    shows    test_last_unit.test_who_pays_when_it_has_been_sold_is_oversold_and_nothing_is_dropped
    control  test_last_unit.test_who_looks_first_and_reserves_afterwards_sells_it_several_times
 6. somebody pays at the instant of expiry
    shows    test_brink.test_when_the_shop_ends_the_session_it_is_paid_instead
    shows    test_brink.test_when_the_bank_ends_it_the_sweep_finds_the_payment
    control  test_brink.test_a_shop_that_looks_at_its_own_clock_gives_the_paid_unit_to_another
 7. refunds, partial twice and full, at once: never above captured; a failed one reopens
    shows    test_refunds.test_two_parts_and_all_of_it_at_once_never_exceed_what_was_captured
    shows    test_refunds.test_a_refund_that_fails_later_reopens_and_is_made_again
    control  test_refunds.test_looking_first_and_writing_afterwards_exceeds_what_was_captured
 8. the endpoint is misconfigured: a warning, and the sweeper still settles
    shows    test_wrong_endpoint.test_the_sweeper_settles_and_doctor_says_what_to_put_right
    control  test_wrong_endpoint.test_without_a_sweep_it_stays_unpaid_however_long_one_waits
    control  test_wrong_endpoint.test_the_right_endpoint_is_no_warning
 9. the disk is full or damaged while the event is saved: 5xx, never 2xx; the next try succeeds
    shows    test_event_not_stored.test_a_full_disk_is_a_503_and_the_next_try_succeeds
    shows    test_event_not_stored.test_a_damaged_primary_is_a_5xx_and_the_next_try_succeeds
    control  test_event_not_stored.test_who_logs_it_and_answers_200_is_never_told_again
10. a total of zero needs no Stripe
    shows    test_zero_total.test_it_is_paid_at_once_while_nobody_answers_as_stripe
    control  test_zero_total.test_at_stripe_an_order_of_nothing_could_not_be_paid
11. SQL's sums are Python's over a million rows
    shows    test_million_rows.test_sql_adds_up_a_million_rows_as_python_does
    control  test_million_rows.test_amounts_with_a_point_in_them_add_up_to_something_else
12. a guest withdraws: two steps, a receipt with the time, visible in the back office
    shows    test_withdrawal.test_a_guest_withdraws_and_the_receipt_outlives_a_killed_worker
    control  test_withdrawal.test_a_statement_that_is_not_confirmed_leaves_nothing
"""
